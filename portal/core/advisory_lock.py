"""Work that only one process of the whole installation may do at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def only_one_at_a_time(key: int) -> Iterator[bool]:
    """Whether nobody else, in any process, is inside a block of this ``key`` (64 bits).

    PostgreSQL frees the lock of a process that died. Its session holds the lock, not a
    transaction, so that slow work outside the database may go on inside the block.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_ours: bool = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
