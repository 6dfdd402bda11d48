"""Transactions that PostgreSQL ended to let another one through."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

P = ParamSpec("P")
R = TypeVar("R")

_MOST_TRIES = 5


def retried_after_deadlock(transaction: Callable[P, R]) -> Callable[P, R]:
    """For a function that is one transaction, and begins anew by whatever it finds then. Raises
    ``OperationalError`` where it was ended at every try."""

    @wraps(transaction)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(_MOST_TRIES - 1):
            try:
                return transaction(*args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return transaction(*args, **kwargs)

    return tried
