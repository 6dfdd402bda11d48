"""A message leaves the outbox when nothing of it is under way, with its counts noted."""

import pytest

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.decisions import message_cancel, message_pause
from portal.delivery.models import Envelope, GatewayAccount, Message, OutboxEntry, State
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import outbox_close
from portal.delivery.uncertain import envelope_send_again, envelope_was_sent
from tests.factories import submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers
from tests.unit.sms.fake_operator import Fault

THREE = numbers(3)


def settled_counts(message: Message) -> dict[str, int] | None:
    counts: dict[str, int] | None = Message.objects.get(pk=message.pk).settled_counts
    return counts


@pytest.fixture
def partly_uncertain(account: GatewayAccount, author: User) -> Message:
    message = submit_message(author, *THREE)
    deliver(account, Turning("DOT", b"250 taken", Fault.CLOSE, b"554 no"))
    return message


def test_a_message_under_way_stays_in_the_outbox(account: GatewayAccount, author: User) -> None:
    message = submit_message(author, *THREE)

    assert outbox_close() == 0

    assert OutboxEntry.objects.filter(message=message).exists()
    assert settled_counts(message) is None


def test_what_became_of_a_settled_message_is_noted_once(partly_uncertain: Message) -> None:
    before = message_counts(partly_uncertain.pk)
    assert before == {"accepted": 1, "uncertain": 1, "rejected": 1}

    assert outbox_close() == 1

    assert settled_counts(partly_uncertain) == before
    assert message_counts(partly_uncertain.pk) == before
    assert not OutboxEntry.objects.exists()
    assert outbox_close() == 0


def test_a_cancelled_message_leaves_the_outbox_and_a_paused_one_does_not(
    account: GatewayAccount, author: User
) -> None:
    cancelled, paused = submit_message(author, *THREE), submit_message(author, *THREE)
    message_cancel(message=cancelled, actor=author)
    message_pause(message=paused, actor=author)

    assert outbox_close() == 1

    assert settled_counts(cancelled) == {"cancelled": 3}
    assert OutboxEntry.objects.get().message == paused


def test_a_person_s_word_about_a_closed_message_shows_in_its_counts(
    partly_uncertain: Message, author: User
) -> None:
    outbox_close()

    envelope_was_sent(envelope=Envelope.objects.get(state=State.UNCERTAIN), actor=author)

    assert author.role == Role.MANAGER
    assert message_counts(partly_uncertain.pk) == {"accepted": 2, "rejected": 1}


def test_sending_again_takes_a_closed_message_back_into_the_outbox(
    partly_uncertain: Message, author: User, account: GatewayAccount
) -> None:
    outbox_close()

    envelope_send_again(envelope=Envelope.objects.get(state=State.UNCERTAIN), actor=author)

    assert OutboxEntry.objects.get().message == partly_uncertain
    assert message_counts(partly_uncertain.pk) == {"accepted": 1, "rejected": 1, "queued": 1}
    assert len(deliver(account)) == 1
    assert outbox_close() == 1
    assert settled_counts(partly_uncertain) == {"accepted": 2, "rejected": 1, "replaced": 1}
