"""PostgreSQL's COPY: the quickest way to write many rows."""

from collections.abc import Iterable, Sequence

from django.db import connection


def copy_rows(into: str, rows: Iterable[Sequence[object]]) -> None:
    """Append ``rows`` to a table; ``into`` names it with its columns, as in ``t (a, b)``.

    The connection does nothing else until the last row: ``rows`` must not come from it. Raises
    Django's database errors.
    """
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {into} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
