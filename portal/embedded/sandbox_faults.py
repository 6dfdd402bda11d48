"""What the sandbox operator can be told to do wrong, and how often."""

import random
from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """`recorded` in a comment: the operator has the letter, whatever the client came to know."""

    CLOSE_MID_DATA = "close-mid-data"  # the connection drops while the body comes
    HANG_AFTER_DOT = "hang-after-dot"  # recorded; no answer until the client leaves
    CLOSE_AFTER_DOT = "close-after-dot"  # recorded; the connection drops without an answer
    CLOSING = "421"  # the answer to the dot; the connection closes
    TRY_LATER = "451"  # the answer to the dot
    REJECT = "554"  # the answer to the dot
    GREYLIST = "greylist"  # 450 to RCPT; the next e-mail from the same address passes
    SLOW_REPLY = "slow-reply"  # recorded; 250 after two seconds
    CLOSING_AT_MAIL = "421-mail"  # the answer to MAIL; the connection closes


FAULTS = tuple(fault.value for fault in Fault)


def parse_fault(argument: str) -> tuple[str, float]:
    """Read NAME=RATE, the rate from 0 to 1. Raises ValueError, which names the known faults."""
    name, _, rate = argument.partition("=")
    try:
        value = float(rate)
    except ValueError:
        value = -1.0
    check_fault(name, value)
    return name, value


def check_fault(name: str, rate: float) -> None:
    """Raises ValueError for an unknown fault or a rate out of 0 to 1."""
    if name not in FAULTS or not 0 <= rate <= 1:
        raise ValueError(
            f"a fault is NAME=RATE with a rate from 0 to 1 and one of the names {', '.join(FAULTS)}"
        )


class FaultDice:
    """Draws at most one fault for each e-mail.

    Each comes at its own rate; rates that add up to more than 1 are scaled down to 1. The same
    seed gives the same draws. Raises ValueError as `check_fault` does.
    """

    def __init__(self, rates: Mapping[str, float], seed: int | None) -> None:
        for name, rate in rates.items():
            check_fault(name, rate)
        self._faults: list[Fault | None] = [None, *map(Fault, rates)]
        self._weights = [max(0.0, 1 - sum(rates.values())), *rates.values()]
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def draw(self) -> Fault | None:
        return self._random.choices(self._faults, self._weights)[0]
