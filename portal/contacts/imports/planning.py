"""How PostgreSQL is to look things up while an import fills the tables that it looks into."""

from django.db import connection


def by_index() -> None:
    """Until the transaction ends. A plan that was made while a table was empty would read all of it
    for each of ten thousand numbers once it is full, for plans are kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true)")
