"""Parts of messages that one claim takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.prepared import integers
from portal.delivery.models import Message


@dataclass(frozen=True, slots=True)
class Slice:
    """Numbers ``low`` to ``high`` of a message's envelopes."""

    message: Message
    low: int
    high: int


def columns_of(slices: Sequence[Slice]) -> dict[str, str]:
    """Parameters ``messages``, ``lows`` and ``highs`` for ``unnest``."""
    return {
        "messages": integers(part.message.pk for part in slices),
        "lows": integers(part.low for part in slices),
        "highs": integers(part.high for part in slices),
    }
