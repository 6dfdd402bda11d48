"""A worker that stops at a named point.

Usage: ``python -m tests.crash.dying_worker ACCOUNT POINT SIGNAL``.
SIGNAL is KILL or STOP; it strikes once, at the first group of envelopes. The engine knows nothing
of this: its functions are wrapped from outside.
"""

import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import django


class Point(StrEnum):
    """Moments between two commits of the engine."""

    AFTER_CLAIM = "after_claim"  # the claim is committed
    AFTER_BODY = "after_body"  # bodies are sent, every dot withheld
    BEFORE_DOT = "before_dot"  # the point of no return is committed, no dot written
    AFTER_DOT = "after_dot"  # every dot is written, no answer read
    BEFORE_RECORD = "before_record"  # answers are read, not recorded
    AFTER_RECORD = "after_record"  # answers are committed, and with them the next group's promise


class Fate:
    """Strikes this process with the signal, the first time it is met."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._struck = False

    def meet(self) -> None:
        if not self._struck:
            self._struck = True
            os.kill(os.getpid(), self._number)


def arrange(point: Point, fate: Fate) -> None:
    """Wrap what the engine calls, so that it meets its fate at the point."""
    from portal.delivery import desk, engine

    match point:
        case Point.AFTER_CLAIM:
            wrap(desk, "envelopes_claim", after=lambda _, claim: claim.envelopes, fate=fate)
        case Point.AFTER_BODY:
            wrap(engine, "group_commit", before=lambda named: named["passing"], fate=fate)
        case Point.BEFORE_DOT:
            wrap(engine, "group_commit", after=lambda _, passed: passed, fate=fate)
        case Point.AFTER_DOT:
            wrap(desk.Desk, "write_dots", after=lambda *_: True, fate=fate)
        case Point.BEFORE_RECORD:
            wrap(engine, "group_commit", before=lambda named: named["outcomes"], fate=fate)
        case Point.AFTER_RECORD:
            wrap(engine, "group_commit", after=lambda named, _: named["outcomes"], fate=fate)


def wrap(
    where: Any,
    name: str,
    *,
    fate: Fate,
    before: Callable[[dict[str, Any]], object] = lambda _named: False,
    after: Callable[[dict[str, Any], Any], object] = lambda _named, _result: False,
) -> None:
    """Meet fate where one of the conditions holds for a call's arguments by name, or its result."""
    original = getattr(where, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        if before(named):
            fate.meet()
        result = original(*arguments, **named)
        if after(named, result):
            fate.meet()
        return result

    setattr(where, name, wrapped)


def main(account: str, point: str, signal_name: str) -> None:
    django.setup()
    arrange(Point(point), Fate(getattr(signal, f"SIG{signal_name}")))
    from portal.delivery.engine import deliver_account

    deliver_account(int(account))


if __name__ == "__main__":
    main(*sys.argv[1:])
