"""How long a spreadsheet is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.audit.models import Action, Event
from portal.messaging.models import Sheet, SheetPart, Stage
from portal.messaging.sheets.services import KEPT, sheets_expire
from portal.messaging.tasks import sweep
from tests.factories import MailingFactory, MemberFactory, sheet_made

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.SENT, Stage.CANCELLED])
def test_a_file_of_a_mailing_stays_as_long_as_that(stage: Stage) -> None:
    author = MemberFactory()
    MailingFactory(author=author, stage=stage, sheet=sheet_made(author))

    assert sheets_expire(now=timezone.now() + 10 * KEPT) == 0
    assert SheetPart.objects.exists()


def test_a_file_that_nothing_refers_to_goes_after_some_days() -> None:
    sheet_made(MemberFactory())

    assert sheets_expire(now=timezone.now() + KEPT - timedelta(minutes=1)) == 0
    assert sheets_expire(now=timezone.now() + KEPT) == 1
    assert not SheetPart.objects.exists()


def test_the_sweep_takes_them_away() -> None:
    sheet = sheet_made(MemberFactory())
    Sheet.objects.filter(pk=sheet.pk).update(created_at=timezone.now() - 2 * KEPT)

    sweep()

    assert not Sheet.objects.exists()


def test_the_trail_knows_of_the_upload_and_not_what_the_file_is_called() -> None:
    sheet = sheet_made(MemberFactory(), file_name="Должник Иванов.csv")

    event = Event.objects.get(action=Action.CREATED, object_label=f"spreadsheet {sheet.pk}")
    assert event.details == {"size": sheet.size}
