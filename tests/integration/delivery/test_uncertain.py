"""One decision about all uncertain envelopes of a message."""

from decimal import Decimal

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.billing.services import NotEnoughMoney, balance, top_up
from portal.core.errors import Conflict, Refused
from portal.delivery.models import Envelope, GatewayAccount, Message, OutboxEntry, State
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import outbox_close
from portal.delivery.uncertain import envelope_was_sent, uncertain_of, uncertain_settle
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, UNCERTAIN, answer, take
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db

NUMBERS = tuple(f"7921000000{n}" for n in range(7))
DECISIONS = (State.ACCEPTED, State.REJECTED, State.REPLACED)


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("outbox", "uncertain"):
        monkeypatch.setattr(f"portal.delivery.{module}.ring", lambda _account_id: None)


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(organisation=OrganisationFactory(prepaid=True))
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=2)
    top_up(organisation=author.organisation, amount=Decimal("32.50"), actor=AdministratorFactory())
    return author


@pytest.fixture
def message(author: User) -> Message:
    """Of seven recipients at 2.50, five are uncertain, in three e-mails."""
    message = submit_message(author, *NUMBERS)
    answer(message, ACCEPTED, UNCERTAIN, UNCERTAIN, UNCERTAIN)
    return message


def decide(message: Message, settled_as: State, actor: User, confirmed: int = 5) -> int:
    return uncertain_settle(
        message=message, settled_as=settled_as, confirmed=confirmed, actor=actor
    )


def money(author: User) -> tuple[Decimal, Decimal]:
    found = balance(author.organisation)
    return found.available, found.reserved


def test_what_a_decision_is_about(message: Message) -> None:
    found = uncertain_of(message)

    assert (found.envelopes, found.recipients, found.cost) == (3, 5, Decimal("12.50"))
    assert found.first_at is not None


@pytest.mark.parametrize(
    ("settled_as", "counts", "available", "reserved"),
    [
        (State.ACCEPTED, {"accepted": 7}, "15.00", "0"),
        (State.REJECTED, {"accepted": 2, "rejected": 5}, "27.50", "0"),
        (State.REPLACED, {"accepted": 2, "queued": 5}, "2.50", "12.50"),
    ],
)
@pytest.mark.parametrize("is_closed", [False, True])
def test_one_word_settles_all_of_them_with_their_money(
    author: User,
    message: Message,
    settled_as: State,
    counts: dict[str, int],
    available: str,
    reserved: str,
    is_closed: bool,
) -> None:
    assert not is_closed or outbox_close() == 1

    assert decide(message, settled_as, author) == 5

    assert message_counts(message.pk) == counts
    assert money(author) == (Decimal(available), Decimal(reserved))
    settled = message.envelopes.filter(settled_by=author)
    assert set(settled.values_list("state", flat=True)) == {settled_as}
    assert settled.count() == 3


def test_a_decision_is_one_line_of_the_audit_trail(author: User, message: Message) -> None:
    decide(message, State.REJECTED, author)

    [event] = Event.objects.filter(action=Action.SETTLED)
    assert (event.object_id, event.actor_id) == (str(message.pk), author.pk)
    assert event.details == {"settled_as": "rejected", "envelopes": 3, "recipients": 5}


def test_sent_again_each_number_leaves_once_more_and_counts_once(
    author: User, message: Message
) -> None:
    outbox_close()
    decide(message, State.REPLACED, author)

    again = take(message, 10, now=timezone.now())
    assert [one.numbers for one in again.envelopes] == [NUMBERS[2:4], NUMBERS[4:6], NUMBERS[6:]]
    assert [one.number for one in again.envelopes] == [5, 6, 7]
    assert all(one.has_money for one in again.envelopes)
    assert not Envelope.objects.filter(state=State.REPLACED, recipients__isnull=False).exists()


def test_where_the_balance_does_not_cover_all_none_is_sent_again(
    author: User, message: Message
) -> None:
    submit_message(author, *NUMBERS[:2])

    with pytest.raises(NotEnoughMoney):
        decide(message, State.REPLACED, author)

    assert message_counts(message.pk) == {"accepted": 2, "uncertain": 5}
    assert Event.objects.filter(action=Action.SETTLED).count() == 0


@pytest.mark.parametrize("confirmed", [0, 4, 6])
@pytest.mark.parametrize("settled_as", DECISIONS)
def test_others_than_the_person_saw_are_not_decided(
    author: User, message: Message, settled_as: State, confirmed: int
) -> None:
    with pytest.raises(Conflict, match="Check again"):
        decide(message, settled_as, author, confirmed)

    assert message_counts(message.pk) == {"accepted": 2, "uncertain": 5}


@pytest.mark.parametrize("settled_as", DECISIONS)
def test_where_nothing_is_uncertain_there_is_nothing_to_decide(
    author: User, message: Message, settled_as: State
) -> None:
    decide(message, State.ACCEPTED, author)

    with pytest.raises(Conflict, match="decided already"):
        decide(message, settled_as, author)


@pytest.mark.parametrize("settled_as", DECISIONS)
@pytest.mark.parametrize("role", [Role.SENDER, Role.AUDITOR, None])
def test_who_may_not_decide_one_may_not_decide_all(
    author: User, message: Message, settled_as: State, role: Role | None
) -> None:
    at_home = {"organisation": author.organisation, "role": role}
    stranger = MemberFactory(**at_home) if role else MemberFactory(role=Role.MANAGER)

    with pytest.raises(Refused):
        decide(message, settled_as, stranger)

    assert message_counts(message.pk) == {"accepted": 2, "uncertain": 5}


def test_one_alone_and_then_the_others(author: User, message: Message) -> None:
    outbox_close()
    envelope_was_sent(envelope=message.envelopes.get(number=4), actor=author)

    assert decide(message, State.REJECTED, author, 4) == 4

    assert message_counts(message.pk) == {"accepted": 3, "rejected": 4}
    assert Message.objects.get(pk=message.pk).settled_counts == {"accepted": 3, "rejected": 4}
    assert not OutboxEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_stands(author: User, message: Message) -> None:
    def decide_or_not(settled_as: State) -> int:
        try:
            return decide(message, settled_as, author)
        except Conflict:
            return 0

    done = at_once(
        lambda: decide_or_not(State.REPLACED),
        lambda: decide_or_not(State.REJECTED),
        lambda: decide_or_not(State.REPLACED),
    )

    assert sorted(done) == [0, 0, 5]
    assert GatewayAccount.objects.count() == 1
    assert sum(message_counts(message.pk).values()) == len(NUMBERS)
