"""Locks between processes by flock(2): the kernel frees them when their last holder is gone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, *, owner: int | None = None) -> Iterator[int]:
    """Hold the lock, waiting for it; yields its descriptor.

    A child process that inherits the descriptor holds the lock on, also after this process died.
    `owner` is the uid that a lock file made by root is given to.
    """
    descriptor = _open(path, owner)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked_if_free(path: Path, *, owner: int | None = None) -> Iterator[int | None]:
    """As `locked`, but yields None at once when somebody else holds the lock."""
    descriptor = _open(path, owner)
    try:
        yield descriptor if _taken(descriptor) else None
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path, owner: int | None) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if owner is not None and os.geteuid() == 0:
        os.fchown(descriptor, owner, -1)
    return descriptor
