"""The command that says what became of a message."""

import json

import pytest
from django.utils import timezone

from portal.delivery.decisions import message_pause
from portal.delivery.models import Message, State
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.commands.conftest import Door
from tests.integration.history.answers import take

pytestmark = pytest.mark.django_db


@pytest.fixture
def message() -> Message:
    """Three recipients in two envelopes."""
    author = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=2)
    return submit_message(author, "79210000000", "79210000001", "79210000002")


def move(message: Message, *states: State) -> None:
    take(message, len(states), now=timezone.now())
    for envelope, state in zip(message.envelopes.order_by("number"), states, strict=True):
        envelope.state = state
        envelope.save()


def test_the_json_counts_recipients_by_state(door: Door, message: Message) -> None:
    move(message, State.ACCEPTED, State.REJECTED)

    result = door("message_status", message.pk, "--json")

    assert result.code == 0
    assert json.loads(result.out) == {
        "id": message.pk,
        "state": "partly_accepted",
        "recipients": 3,
        "segments": 3,
        "counts": {"accepted": 2, "rejected": 1},
    }


def test_the_lines_say_the_same(door: Door, message: Message) -> None:
    move(message, State.ACCEPTED, State.ACCEPTED)

    assert door("message_status", message.pk).out == "accepted\naccepted: 3\n"


def test_a_message_that_waits_to_be_resumed_is_paused(door: Door, message: Message) -> None:
    message_pause(message=message, actor=message.author)

    result = door("message_status", message.pk, "--wait", 0, "--json")

    assert result.code == 3
    status = json.loads(result.out)
    assert (status["state"], status["counts"]) == ("paused", {"queued": 3})


@pytest.mark.parametrize("state", [State.ACCEPTED, State.UNCERTAIN, State.EXPIRED])
def test_waiting_ends_once_nothing_is_under_way(door: Door, message: Message, state: State) -> None:
    move(message, state, State.REJECTED)

    assert door("message_status", message.pk, "--wait", 600).code == 0


def test_waiting_in_vain_is_exit_code_3_with_the_status_as_it_is(
    door: Door, message: Message
) -> None:
    move(message, State.ACCEPTED, State.QUEUED)

    result = door("message_status", message.pk, "--wait", 0, "--json")

    assert result.code == 3
    assert json.loads(result.out)["counts"] == {"accepted": 2, "queued": 1}


def test_an_unknown_message_is_refused(door: Door) -> None:
    result = door("message_status", 999999999)

    assert (result.code, result.out) == (1, "")
    assert result.err


@pytest.mark.parametrize("arguments", [[], ["one"], [1, "--wait", "-1"], [1, "--wait", "nan"]])
def test_wrong_usage_is_exit_code_2(door: Door, arguments: list[object]) -> None:
    assert door("message_status", *arguments).code == 2
