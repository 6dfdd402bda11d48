"""Where the work at hand came from: a client's address, or the name of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[str] = ContextVar("audit_origin", default="")


def current_origin() -> str:
    """The address or command name that audit events of this context carry ("" unknown)."""
    return _origin.get()


@contextmanager
def origin(name: str) -> Iterator[None]:
    """Every event recorded inside the block says that it came from ``name``."""
    token = _origin.set(name)
    try:
        yield
    finally:
        _origin.reset(token)
