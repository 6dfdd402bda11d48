"""What a submit skips is written with it, before the locks that hold other submits up."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from portal.accounts.models import Plan, User
from portal.audit.models import Action, Event
from portal.billing.models import Kind, LedgerEntry
from portal.billing.services import top_up
from portal.delivery.models import OutboxEntry
from portal.delivery.skips import SkippedNumber
from portal.messaging.audience import ListedAudience
from tests.factories import AdministratorFactory, MemberFactory, StopFactory, submit_message

pytestmark = pytest.mark.django_db

FREE, STOPPED = "79210000000", "79210000001"


@pytest.fixture
def author() -> User:
    author: User = MemberFactory()
    StopFactory(organisation=author.organisation, phone=STOPPED)
    return author


def test_skips_are_written_before_the_ledger_and_the_audit_trail_are_locked(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = author.organisation
    assert organisation is not None
    organisation.plan, organisation.price_per_segment = Plan.PREPAID, Decimal(2)
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    submitted = Event.objects.filter(action=Action.SUBMITTED)
    reserved = LedgerEntry.objects.filter(kind=Kind.RESERVATION)
    seen: list[tuple[bool, bool]] = []
    skipped = ListedAudience.skipped

    def watched(audience: ListedAudience) -> Iterator[SkippedNumber]:
        seen.append((submitted.exists(), reserved.exists()))
        return skipped(audience)

    monkeypatch.setattr(ListedAudience, "skipped", watched)
    message = submit_message(author, FREE, STOPPED)

    assert seen == [(False, False)]
    assert (submitted.exists(), reserved.exists()) == (True, True)
    assert message.skips.get().phone == STOPPED


def test_the_audit_trail_tells_how_many_are_sent_to_and_how_many_skipped(author: User) -> None:
    submit_message(author, FREE, STOPPED)
    submit_message(author, FREE)

    told = Event.objects.filter(action=Action.SUBMITTED).order_by("id")

    first, second = (event.details for event in told)
    assert (first["recipients"], first["skipped"]) == (1, 1)
    assert second["recipients"] == 1
    assert "skipped" not in second


def test_who_is_skipped_waits_in_no_queue(author: User) -> None:
    message = submit_message(author, FREE, STOPPED)

    assert message.recipients_count == 2
    assert OutboxEntry.objects.get(message=message).recipients_ahead == 1
