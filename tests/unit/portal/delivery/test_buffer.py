"""What leaves first of what a run has claimed."""

import uuid

from portal.delivery.buffer import Buffer
from portal.delivery.claims import ClaimedEnvelope
from portal.delivery.models import Message


def envelopes(*ids: int) -> list[ClaimedEnvelope]:
    token, message = uuid.uuid4(), Message()
    return [ClaimedEnvelope(pk, token, message, "", pk, 0, ("79210000000",), False) for pk in ids]


def order(buffer: Buffer) -> list[int]:
    return [buffer.take().id for _ in range(len(buffer))]


def test_interactive_envelopes_leave_before_the_others_and_among_them_the_first_claimed() -> None:
    buffer = Buffer()
    buffer.put(envelopes(1, 2), urgent=False)
    buffer.put(envelopes(10, 11), urgent=True)
    buffer.put(envelopes(12), urgent=True)
    buffer.put(envelopes(3), urgent=False)

    assert buffer.urgent == 3
    assert order(buffer) == [10, 11, 12, 1, 2, 3]


def test_what_could_not_leave_is_the_next() -> None:
    buffer = Buffer()
    buffer.put(envelopes(1, 2), urgent=False)
    buffer.put_back(envelopes(8, 9))

    assert order(buffer) == [8, 9, 1, 2]


def test_all_but_what_is_kept_is_told_and_gone() -> None:
    buffer = Buffer()
    first, second = envelopes(1, 2)
    buffer.put([first, second], urgent=False)
    buffer.put(envelopes(10), urgent=True)

    assert [one.id for one in buffer.keep({second.key})] == [10, 1]
    assert order(buffer) == [2]
