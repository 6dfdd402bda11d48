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
    AFTER_BODY = "after_body"  # every body is sent, every dot withheld
    BEFORE_DOT = "before_dot"  # the point of no return is committed, no dot written
    AFTER_DOT = "after_dot"  # every dot is written, no answer read
    BEFORE_RECORD = "before_record"  # the answers are read, not recorded
    AFTER_RECORD = "after_record"  # the answers are committed, the run goes on


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
    from portal.delivery import engine

    match point:
        case Point.AFTER_CLAIM:
            after(engine, "envelopes_claim", lambda claim: fate.meet() if claim.envelopes else None)
        case Point.AFTER_BODY:
            after_awaited(engine, "begin_all", fate)
        case Point.BEFORE_DOT:
            after(engine, "pass_point_of_no_return", lambda _passed: fate.meet())
        case Point.AFTER_DOT:
            after_last_dot(engine, fate)
        case Point.BEFORE_RECORD:
            before(engine, "outcomes_record", fate)
        case Point.AFTER_RECORD:
            after(engine, "outcomes_record", lambda _settled: fate.meet())


def before(module: Any, name: str, fate: Fate) -> None:
    original = getattr(module, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        fate.meet()
        return original(*arguments, **named)

    setattr(module, name, wrapped)


def after(module: Any, name: str, then: Callable[[Any], object]) -> None:
    original = getattr(module, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        then(result)
        return result

    setattr(module, name, wrapped)


def after_awaited(module: Any, name: str, fate: Fate) -> None:
    original = getattr(module, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        result = await original(*arguments, **named)
        fate.meet()
        return result

    setattr(module, name, wrapped)


def after_last_dot(engine: Any, fate: Fate) -> None:
    """The sockets are idle then, so that what was written is in the kernel's hands."""
    from sms.smtp_wire import Wire

    promised: set[int] = set()
    write = Wire.write
    after(engine, "pass_point_of_no_return", promised.update)

    def counted(self: Wire, data: bytes) -> None:
        write(self, data)
        if data == b".\r\n":
            promised.pop()
            if not promised:
                fate.meet()

    Wire.write = counted  # type: ignore[method-assign]


def main(account: str, point: str, signal_name: str) -> None:
    django.setup()
    arrange(Point(point), Fate(getattr(signal, f"SIG{signal_name}")))
    from portal.delivery.engine import deliver_account

    deliver_account(int(account))


if __name__ == "__main__":
    main(*sys.argv[1:])
