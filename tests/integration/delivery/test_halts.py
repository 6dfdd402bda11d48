"""Pausing, resuming and cancelling a message of which workers hold something."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.billing.services import balance, top_up
from portal.core.errors import Conflict, Refused
from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import ClaimedEnvelope, claims_end, envelopes_claim
from portal.delivery.decisions import message_cancel, message_pause, message_resume
from portal.delivery.models import Claim, Envelope, GatewayAccount, Message, OutboxEntry, State
from portal.delivery.scheduling import is_due
from portal.delivery.selectors import message_counts, message_standing
from portal.delivery.sweep import outbox_close, sweep_outbox
from portal.delivery.uncertain import envelope_send_again
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, BUSY, UNCERTAIN, Answer, hold

pytestmark = pytest.mark.django_db

NUMBERS = [f"7921000000{digit}" for digit in range(6)]
LATER = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("outbox", "decisions", "sweep"):
        monkeypatch.setattr(f"portal.delivery.{module}.ring", lambda _account_id: None)


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(organisation=OrganisationFactory(prepaid=True))
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=1)
    top_up(organisation=author.organisation, amount=Decimal(100), actor=AdministratorFactory())
    return author


@pytest.fixture
def message(author: User) -> Message:
    return submit_message(author, *NUMBERS)


def claim(most: int, now: datetime | None = None) -> Sequence[ClaimedEnvelope]:
    account = GatewayAccount.objects.get()
    return envelopes_claim(account_id=account.pk, most=most, now=now or timezone.now()).envelopes


def hand_over(envelopes: Sequence[ClaimedEnvelope]) -> list[ClaimedEnvelope]:
    """Those whose dots may be written."""
    passed = group_commit(outcomes=[], passing=envelopes, now=timezone.now())
    return [envelope for envelope in envelopes if envelope.key in passed]


def told(envelope: ClaimedEnvelope, answer: Answer = ACCEPTED) -> None:
    now = timezone.now()
    outcomes_record([Outcome(envelope, *answer, now, now)], now=now)


def test_of_what_a_worker_holds_a_pause_takes_back_all_that_was_not_handed_over(
    author: User, message: Message
) -> None:
    held = claim(4)
    left = hand_over(held[:2])

    message_pause(message=message, actor=author)

    assert len(left) == 2
    assert hand_over(held[2:]) == []
    assert claim(10, timezone.now() + LATER) == []
    assert not is_due(GatewayAccount.objects.get().pk, now=timezone.now() + LATER)
    assert message_counts(message.pk) == {State.TRANSMITTING: 2, State.QUEUED: 4}


def test_the_answers_to_what_had_left_are_recorded_while_it_is_paused(
    author: User, message: Message
) -> None:
    [first, second] = hand_over(claim(2))
    message_pause(message=message, actor=author)

    told(first)
    told(second, BUSY)

    assert message_counts(message.pk) == {State.ACCEPTED: 1, State.QUEUED: 5}
    assert message_standing(message.pk).overall == "paused"
    assert claim(10, timezone.now() + LATER) == []


def test_a_resumed_message_goes_to_everybody_once(author: User, message: Message) -> None:
    sent = Counter[str]()
    for _ in NUMBERS[1:]:
        held = claim(2, timezone.now() + LATER)
        left = hand_over(held[:1])
        message_pause(message=message, actor=author)
        left += hand_over(held[1:])
        for envelope in left:
            sent.update(envelope.numbers)
            told(envelope)
        claims_end([held[0].token], unsent=[], now=timezone.now())
        message_resume(message=message, actor=author)
    for envelope in hand_over(claim(10, timezone.now() + LATER)):
        sent.update(envelope.numbers)

    assert sent == Counter(NUMBERS)


def test_of_two_claims_of_one_envelope_in_a_group_one_passes(
    author: User, message: Message
) -> None:
    [old] = claim(1)
    message_pause(message=message, actor=author)
    message_resume(message=message, actor=author)
    again = next(one for one in claim(10, timezone.now() + LATER) if one.id == old.id)

    assert len(hand_over([old, again])) == 1


@pytest.mark.parametrize("role", [Role.SENDER, Role.MANAGER])
def test_the_author_and_a_manager_pause_and_the_trail_says_so(
    author: User, message: Message, role: Role
) -> None:
    person = author
    if role is Role.MANAGER:
        person = MemberFactory(organisation=author.organisation, role=role)

    message_pause(message=message, actor=person)

    entry = OutboxEntry.objects.get()
    assert (entry.paused_by, entry.is_paused) == (person, True)
    event = Event.objects.get(action=Action.PAUSED)
    assert (event.actor_id, event.object_id) == (person.pk, str(message.pk))


@pytest.mark.parametrize("decide", [message_pause, message_resume, message_cancel])
@pytest.mark.parametrize("who", ["colleague", "auditor", "stranger", "moved author"])
def test_nobody_else_decides(author: User, message: Message, decide: object, who: str) -> None:
    people = {
        "colleague": MemberFactory(organisation=author.organisation),
        "auditor": MemberFactory(organisation=author.organisation, role=Role.AUDITOR),
        "stranger": MemberFactory(role=Role.MANAGER),
    }
    if who == "moved author":
        author.organisation = OrganisationFactory()
        author.save()

    with pytest.raises(Refused):
        decide(message=message, actor=people.get(who, author))  # type: ignore[operator]

    assert message_counts(message.pk) == {State.QUEUED: len(NUMBERS)}
    assert not OutboxEntry.objects.get().paused_at


def test_a_second_press_is_told_that_it_comes_too_late(author: User, message: Message) -> None:
    message_pause(message=message, actor=author)
    with pytest.raises(Conflict, match="paused already"):
        message_pause(message=message, actor=author)

    message_resume(message=message, actor=author)
    with pytest.raises(Conflict, match="not paused"):
        message_resume(message=message, actor=author)

    message_cancel(message=message, actor=author)
    for decide in (message_cancel, message_pause, message_resume):
        with pytest.raises(Conflict):
            decide(message=message, actor=author)
    actions = Event.objects.filter(object_id=str(message.pk)).order_by("sequence")
    assert list(actions.values_list("action", flat=True)) == [
        Action.SUBMITTED,
        Action.PAUSED,
        Action.RESUMED,
        Action.CANCELLED,
    ]


def test_what_has_left_is_neither_paused_nor_cancelled(author: User, message: Message) -> None:
    for envelope in hand_over(claim(10)):
        told(envelope)

    for decide in (message_pause, message_cancel):
        with pytest.raises(Conflict, match="Nothing waits any more"):
            decide(message=message, actor=author)
    assert message_standing(message.pk).overall == State.ACCEPTED


def test_a_cancel_takes_back_what_a_worker_holds_and_returns_its_money(
    author: User, message: Message
) -> None:
    held = claim(4)
    [left] = hand_over(held[:1])

    assert message_cancel(message=message, actor=author) == 5

    assert hand_over(held[1:]) == []
    told(left)
    assert message_counts(message.pk) == {State.ACCEPTED: 1, State.CANCELLED: 5}
    money = balance(author.organisation)
    assert (money.available, money.reserved) == (Decimal("97.50"), 0)


def test_a_cancel_is_in_the_audit_trail_though_its_process_dies_before_it_is_done(
    author: User, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> int:
        raise SystemExit

    monkeypatch.setattr("portal.delivery.decisions.claims_recall", die)
    with pytest.raises(SystemExit):
        message_cancel(message=message, actor=author)

    [event] = Event.objects.filter(action=Action.CANCELLED)
    assert (event.actor_id, event.details) == (author.pk, {"recipients_waiting": len(NUMBERS)})
    sweep_outbox()
    assert message_counts(message.pk) == {State.CANCELLED: len(NUMBERS)}
    assert balance(author.organisation).available == Decimal(100)


def test_a_paused_message_is_cancelled(author: User, message: Message) -> None:
    message_pause(message=message, actor=author)

    assert message_cancel(message=message, actor=author) == len(NUMBERS)

    assert message_standing(message.pk).overall == State.CANCELLED
    assert outbox_close() == 1


def test_what_the_operator_puts_off_after_a_cancel_is_cancelled_too(
    author: User, message: Message
) -> None:
    [left] = hand_over(claim(1))
    message_cancel(message=message, actor=author)
    told(left, BUSY)

    assert claim(10, timezone.now() + LATER) == []
    sweep_outbox()

    assert message_counts(message.pk) == {State.CANCELLED: len(NUMBERS)}
    assert balance(author.organisation).available == Decimal(100)
    assert not OutboxEntry.objects.exists()


def test_an_uncertain_envelope_of_a_cancelled_message_may_be_sent_again(
    author: User, message: Message
) -> None:
    [left] = hand_over(claim(1))
    message_cancel(message=message, actor=author)
    told(left, UNCERTAIN)

    again = envelope_send_again(envelope=Envelope.objects.get(pk=left.id), actor=author)
    sweep_outbox()

    assert [one.id for one in claim(10)] == [again.pk]


def test_a_held_message_that_is_paused_and_released_waits_until_it_is_resumed(
    author: User, message: Message
) -> None:
    message_pause(message=message, actor=author)
    hold(message)
    assert message_standing(message.pk).overall == State.HELD

    OutboxEntry.objects.update(held_because="")

    assert message_standing(message.pk).overall == "paused"
    assert claim(10) == []


def test_a_lost_worker_s_envelopes_wait_with_the_others(author: User, message: Message) -> None:
    claim(3)
    message_pause(message=message, actor=author)
    Claim.objects.update(lease_until=timezone.now())

    sweep_outbox()

    assert message_counts(message.pk) == {State.QUEUED: len(NUMBERS)}
    assert claim(10, timezone.now() + LATER) == []
    message_resume(message=message, actor=author)
    assert len(claim(10, timezone.now() + LATER)) == len(NUMBERS)
