"""Several at one mailing at the same moment."""

import pytest
from django.db import transaction

from portal.core.errors import Conflict
from portal.delivery.models import Message
from portal.messaging.mailings import locking
from portal.messaging.mailings.services import mailing_cancel, mailing_confirm
from portal.messaging.mailings.sweep import mailings_sweep
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import Mailing, Stage
from tests.integration.messaging.mailings.office import MOSCOW_NOON, Office, again
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_workers_that_come_together_submit_it_once(office: Office) -> None:
    mailing = office.confirmed()

    at_once(*[lambda: work_to_the_end(mailing.pk)] * 4)

    assert (again(mailing).stage, Message.objects.count()) == (Stage.SENT, 1)


def test_confirmations_that_come_together_are_one(office: Office) -> None:
    mailing = office.prepared()

    at_once(
        *[
            lambda: mailing_confirm(
                mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash
            )
        ]
        * 3
    )
    work_to_the_end(mailing.pk)

    assert Message.objects.count() == 1


def test_sweeps_that_come_together_make_one_of_a_time_that_repeats(office: Office) -> None:
    repeats = {"every": "days", "interval": 1, "first": "2026-11-24", "at": "12:30"}
    series = office.confirmed(repeats=repeats)
    Mailing.objects.filter(pk=series.pk).update(due_at=MOSCOW_NOON)

    at_once(*[lambda: mailings_sweep(now=MOSCOW_NOON)] * 4)

    assert Mailing.objects.filter(series=series).count() == 1


def test_who_decides_does_not_wait_for_a_worker_for_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "_PATIENCE", "100ms")
    mailing = office.confirmed()

    with transaction.atomic():
        Mailing.objects.select_for_update(no_key=True).get(pk=mailing.pk)
        [answer] = at_once(lambda: mailing_cancel(mailing=mailing, actor=office.author))

    assert isinstance(answer, Conflict)
    assert again(mailing).stage == Stage.SUBMITTING
