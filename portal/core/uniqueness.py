"""Two requests at once that both found a value free: the database lets one of them have it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from psycopg.errors import UniqueViolation

from portal.core.errors import Refused


@contextmanager
def refused_if_taken(message: str | Promise, *, field: str) -> Iterator[None]:
    """Raises ``Refused`` with ``message`` at ``field`` where what is saved inside is no longer
    unique; what was written before the block stands."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise Refused(message, field=field) from None
