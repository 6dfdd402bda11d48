"""Files of any format as rows of cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from portal.contacts.reading.ways import Limits, Reading, Row


@dataclass(frozen=True)
class Preview:
    """``headings``: of every column, "" where it has none. ``sheets``: names, of XLSX alone."""

    headings: list[str]
    rows: list[Row]
    sheets: list[str]


def recognise(source: BinaryIO, file_name: str, *, limits: Limits = Limits()) -> Reading:  # noqa: B008
    """How the file is read, as far as can be told from its beginning. Raises FileRefused."""
    raise NotImplementedError


def preview(
    source: BinaryIO,
    reading: Reading,
    *,
    count: int = 20,
    limits: Limits = Limits(),  # noqa: B008
) -> Preview:
    """The first ``count`` rows. Raises FileRefused."""
    raise NotImplementedError


def rows(source: BinaryIO, reading: Reading, *, limits: Limits = Limits()) -> Iterator[Row]:  # noqa: B008
    """All rows in order, without the header; the same each time. Raises FileRefused, TOO_MANY_ROWS
    at the first row over the limit."""
    raise NotImplementedError
