"""SQL of our own, prepared once a connection: some of it runs hundreds of times a second.

Django writes every parameter into the text of its statements, so that PostgreSQL parses and plans
each anew. These go to the same connection and the same transaction, with parameters apart.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from psycopg import Cursor

# Psycopg prepares nothing while this is None, which is Django's way; only what asks for it here.
_NEVER_BY_ITSELF = 1_000_000_000


def rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a statement with ``%(name)s`` placeholders; the rows it returns.

    Raises Django's database errors.
    """
    return _rows(statement, parameters, prepare=True)


def rows_planned_now(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The same, planned for these very parameters: for lists of thousands in tables that grow. A
    plan kept from when a table was empty would read all of it for each of them."""
    return _rows(statement, parameters, prepare=False)


def _rows(statement: str, parameters: Mapping[str, Any], *, prepare: bool) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = connection.connection
        raw.prepare_threshold = _NEVER_BY_ITSELF
        # The connection's own cursors bind on the client's side.
        cursor = Cursor(raw)
        cursor.execute(statement, parameters, prepare=prepare)
        return cursor.fetchall() if cursor.description else []


def integers(values: Iterable[int]) -> str:
    """A parameter for ``%(name)s::bigint[]``, made several times as fast as from a list."""
    return f"{{{','.join(map(str, values))}}}"


def numbers(phones: Iterable[str]) -> str:
    """The same for ``%(name)s::text[]``, of E.164 digits, which need no quotes; empty ones are left
    out."""
    return f"{{{','.join(filter(None, phones))}}}"
