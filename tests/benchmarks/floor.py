"""The floor of an import: ``csv`` and COPY of ready rows into the table of contacts, indexes and
all, in one transaction: ``python -m tests.benchmarks.floor DATABASE FILE``."""

import csv
import sys
from pathlib import Path

import psycopg

_INTO = """
    COPY contacts_contact (organisation_id, surname, given_name, patronymic, name, phone, note,
                           field_values, search_key, lexemes, created_at, changed_at) FROM STDIN
"""


def main(database: str, file: str) -> None:
    """Prints how many rows were written."""
    now = "now"
    with (
        psycopg.connect(database) as connection,
        Path(file).open(encoding="utf-8", newline="") as rows,
    ):
        cursor = connection.cursor()
        with cursor.copy(_INTO) as copy:
            for row in csv.reader(rows):
                copy.write_row((*row, now, now))
        print(cursor.rowcount)  # noqa: T201 - the result


if __name__ == "__main__":
    main(*sys.argv[1:])
