"""A message that waits for its canary."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.core.errors import Conflict, Refused
from portal.delivery.canaries import canary_release
from portal.delivery.claims import envelopes_claim
from portal.delivery.decisions import message_cancel, message_pause, message_release, message_resume
from portal.delivery.models import (
    Envelope,
    GatewayAccount,
    HeldBecause,
    Message,
    OutboxEntry,
    State,
)
from portal.delivery.notices import notices_send
from portal.delivery.selectors import message_counts, needing_a_person
from portal.delivery.sweep import sweep_outbox
from tests.factories import MemberFactory, submit_message
from tests.integration.delivery.engine_run import numbers
from tests.personalised import submit_personalised

ONE, TWO, THREE = numbers(3)
IN_TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def canary(author: User) -> Message:
    return submit_message(author, ONE, TWO)


@pytest.fixture
def rest(author: User, canary: Message) -> Message:
    due_at = timezone.now() + IN_TEN_MINUTES
    return submit_personalised(author, {THREE: "Анна"}, due_at=due_at, waits_for_canary=canary)


@pytest.fixture
def later() -> Iterator[datetime]:
    with time_machine.travel(timezone.now() + 2 * IN_TEN_MINUTES, tick=False):
        yield timezone.now()


def ended(message: Message, *states: State) -> None:
    """Its envelopes are in these states."""
    for envelope, state in zip(message.envelopes.order_by("number"), states, strict=True):
        Envelope.objects.filter(pk=envelope.pk).update(state=state)
    OutboxEntry.objects.filter(message=message).update(next_number=3, recipients_ahead=0)


def held_because(message: Message) -> str:
    return OutboxEntry.objects.get(message=message).held_because


def numbers_claimed(account: GatewayAccount) -> list[str]:
    claimed = envelopes_claim(account_id=account.pk, most=9, now=timezone.now())
    return [number for envelope in claimed.envelopes for number in envelope.numbers]


def test_nothing_of_it_leaves_before_its_canary_is_accepted(
    account: GatewayAccount, canary: Message, rest: Message, later: datetime
) -> None:
    assert numbers_claimed(account) == [ONE, TWO]


def test_it_needs_nobody_and_is_like_any_that_waits_for_its_time(
    author: User, canary: Message, rest: Message
) -> None:
    sweep_outbox()
    notices_send()

    assert held_because(rest) == HeldBecause.AWAITS_CANARY
    assert message_counts(rest.pk) == {State.QUEUED: 1}
    assert needing_a_person(author) == 0
    assert not mail.outbox


def test_accepted_in_full_it_lets_the_rest_go_at_its_time(
    account: GatewayAccount, canary: Message, rest: Message
) -> None:
    ended(canary, State.ACCEPTED, State.ACCEPTED)
    sweep_outbox()

    assert held_because(rest) == ""
    assert numbers_claimed(account) == []
    with time_machine.travel(timezone.now() + IN_TEN_MINUTES, tick=False):
        assert numbers_claimed(account) == [THREE]


def test_whoever_of_the_canary_is_on_the_stop_list_does_not_count(
    canary: Message, rest: Message
) -> None:
    Message.objects.filter(pk=canary.pk).update(settled_counts={"accepted": 1, "skipped": 1})

    sweep_outbox()

    assert held_because(rest) == ""


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED, State.EXPIRED])
def test_one_that_was_not_accepted_holds_the_rest_at_once(
    author: User, canary: Message, rest: Message, state: State
) -> None:
    ended(canary, State.ACCEPTED, state)
    sweep_outbox()
    notices_send()

    assert held_because(rest) == HeldBecause.CANARY_TROUBLE
    assert message_counts(rest.pk) == {State.HELD: 1}
    assert needing_a_person(author) == 1
    [letter] = mail.outbox
    assert "trial part" in letter.body
    assert author.email in letter.to


def test_what_is_uncertain_may_be_decided_until_the_rest_is_due(
    canary: Message, rest: Message
) -> None:
    ended(canary, State.ACCEPTED, State.UNCERTAIN)
    sweep_outbox()
    assert held_because(rest) == HeldBecause.AWAITS_CANARY

    with time_machine.travel(timezone.now() + IN_TEN_MINUTES, tick=False):
        sweep_outbox()
    assert held_because(rest) == HeldBecause.CANARY_TROUBLE


def test_one_that_is_not_settled_when_the_rest_is_due_holds_it(
    canary: Message, rest: Message, later: datetime
) -> None:
    sweep_outbox()

    assert held_because(rest) == HeldBecause.CANARY_TROUBLE


def test_nobody_to_try_it_on_is_trouble_too(canary: Message, rest: Message) -> None:
    Message.objects.filter(pk=canary.pk).update(settled_counts={"skipped": 2})

    sweep_outbox()

    assert held_because(rest) == HeldBecause.CANARY_TROUBLE


@pytest.mark.parametrize("in_trouble", [False, True])
def test_a_persons_word_sends_the_rest_at_once(
    author: User, account: GatewayAccount, canary: Message, rest: Message, in_trouble: bool
) -> None:
    ended(canary, State.ACCEPTED, State.REJECTED if in_trouble else State.UNCERTAIN)
    sweep_outbox()

    canary_release(message=rest, actor=author)

    assert numbers_claimed(account) == [THREE]
    event = Event.objects.latest("id")
    assert event.action == "released"
    assert event.details == {
        "recipients": 1,
        "trial_part": canary.pk,
        "trial_part_failed": in_trouble,
    }


def test_another_sender_may_not_say_it(author: User, rest: Message) -> None:
    colleague = MemberFactory(organisation=author.organisation, role=Role.SENDER)
    stranger = MemberFactory(role=Role.MANAGER)

    for person in (colleague, stranger):
        with pytest.raises(Refused):
            canary_release(message=rest, actor=person)

    assert held_because(rest) == HeldBecause.AWAITS_CANARY


def test_it_is_said_once(author: User, rest: Message) -> None:
    canary_release(message=rest, actor=author)

    with pytest.raises(Conflict):
        canary_release(message=rest, actor=author)


def test_a_manager_does_not_answer_for_it_by_letting_it_go(author: User, rest: Message) -> None:
    OutboxEntry.objects.filter(message=rest).update(held_because=HeldBecause.CANARY_TROUBLE)

    with pytest.raises(Conflict):
        message_release(message=rest, actor=author)
    canary_release(message=rest, actor=author)

    rest.refresh_from_db()
    assert rest.vouched_by is None


def test_paused_meanwhile_it_stays_so_until_it_is_resumed(
    author: User, account: GatewayAccount, canary: Message, rest: Message
) -> None:
    message_pause(message=rest, actor=author)
    ended(canary, State.ACCEPTED, State.ACCEPTED)
    sweep_outbox()
    with time_machine.travel(timezone.now() + IN_TEN_MINUTES, tick=False):
        assert numbers_claimed(account) == []
        message_resume(message=rest, actor=author)
        assert numbers_claimed(account) == [THREE]


def test_it_is_cancelled_like_any_other(author: User, rest: Message) -> None:
    assert message_cancel(message=rest, actor=author) == 1
    sweep_outbox()

    assert message_counts(rest.pk) == {State.CANCELLED: 1}
    with pytest.raises(Conflict):
        canary_release(message=rest, actor=author)


def test_it_expires_like_any_other(author: User, canary: Message) -> None:
    expires_at = timezone.now() + IN_TEN_MINUTES
    rest = submit_personalised(
        author, {THREE: "Анна"}, expires_at=expires_at, waits_for_canary=canary
    )
    with time_machine.travel(expires_at, tick=False):
        sweep_outbox()

    assert message_counts(rest.pk) == {State.EXPIRED: 1}


def test_the_database_lets_none_be_held_for_a_canary_that_it_has_not(rest: Message) -> None:
    with pytest.raises(IntegrityError):
        OutboxEntry.objects.filter(message=rest).update(canary=None)
