"""Waiting for what other processes bring about."""

import time
from collections.abc import Callable

_POLL_SECONDS = 0.05


def until(condition: Callable[[], bool], *, patience: float = 30.0) -> None:
    """Ask again and again until the condition holds; fails when it does not for too long."""
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(_POLL_SECONDS)
