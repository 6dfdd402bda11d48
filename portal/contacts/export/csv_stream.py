"""Rows as CSV for Excel."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice

from portal.contacts.reading.formula_safe import protected

DELIMITER = ";"
# What the encoding lacks is spelled out, as \u04d9: never dropped, never a question mark.
_ERRORS = "backslashreplace"
_ROWS_AT_ONCE = 1000


def csv_stream(
    heading: Sequence[str], rows: Iterable[Sequence[str | date]], *, encoding: str
) -> Iterator[bytes]:
    """``encoding``: ``utf-8-sig``, by whose BOM Excel knows UTF-8, or another. No cell is taken for
    a formula, whatever a program parts cells by; our import takes the quotes off again. Days are
    written 24.11.1986."""
    every: Iterator[Sequence[str | date]] = chain((heading,), rows)
    encoding_of_piece = encoding
    while some := list(islice(every, _ROWS_AT_ONCE)):
        piece = io.StringIO()
        writer = csv.writer(piece, delimiter=DELIMITER)
        writer.writerows([_text(cell) for cell in row] for row in some)
        yield piece.getvalue().encode(encoding_of_piece, _ERRORS)
        encoding_of_piece = "utf-8" if encoding == "utf-8-sig" else encoding


def _text(cell: str | date) -> str:
    return protected(cell) if isinstance(cell, str) else f"{cell:%d.%m.%Y}"
