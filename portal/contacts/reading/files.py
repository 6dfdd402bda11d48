"""Files of any format as rows of cells."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import BinaryIO

from portal.contacts.reading.csv_rows import csv_rows
from portal.contacts.reading.faults import FileFault, FileRefused
from portal.contacts.reading.text_rows import TEXT_HEADINGS, text_rows
from portal.contacts.reading.vcard_rows import VCARD_HEADINGS, vcard_rows
from portal.contacts.reading.ways import DEFAULT_LIMITS, MEBIBYTE, Format, Limits, Reading, Row
from portal.contacts.reading.xlsx import open_workbook, sheet_names, xlsx_rows

_BEGINNING = MEBIBYTE


@dataclass(frozen=True)
class Preview:
    """``headings``: of every column, "" where it has none; fixed English ones for vCard and pasted
    text. ``sheets``: names, of XLSX alone."""

    headings: list[str]
    rows: list[Row]
    sheets: list[str]


def preview(
    source: BinaryIO, reading: Reading, *, count: int = 20, limits: Limits = DEFAULT_LIMITS
) -> Preview:
    """The first ``count`` rows, as far as the file's beginning holds them. Raises FileRefused."""
    refuse_by_size(source, limits)
    part = source if reading.format is Format.XLSX else beginning_of(source)
    headings, all_rows, sheets = _opened(part, reading, limits, is_sample=True)
    first = sample(all_rows, count, is_cut=part is not source)
    width = max((len(row.cells) for row in first if not row.fault), default=0)
    return Preview(headings + [""] * (width - len(headings)), first, sheets)


def rows(source: BinaryIO, reading: Reading, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Row]:
    """All rows in order, without the header and blank ones; the same each time. Raises FileRefused,
    TOO_MANY_ROWS at the first row over the limit."""
    refuse_by_size(source, limits)
    _headings, all_rows, _sheets = _opened(source, reading, limits)
    for index, row in enumerate(all_rows):
        if index >= limits.rows:
            raise FileRefused(FileFault.TOO_MANY_ROWS, limit=limits.rows)
        yield row


def beginning_of(source: BinaryIO) -> BinaryIO:
    """What somebody waits for is read of this alone: a file may have 100 MB of line breaks. The
    source itself where that is all of it."""
    source.seek(0)
    beginning = source.read(_BEGINNING)
    is_all = not source.read(1)
    source.seek(0)
    return source if is_all else BytesIO(beginning)


def sample(all_rows: Iterator[Row], count: int, *, is_cut: bool) -> list[Row]:
    """The first ``count``; of a file that is cut off in its last row, without that."""
    first = list(islice(all_rows, count))
    return first[:-1] if is_cut and len(first) < count else first


def refuse_by_size(source: BinaryIO, limits: Limits) -> None:
    """Raises FileRefused: TOO_BIG, EMPTY."""
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size > limits.size:
        raise FileRefused(FileFault.TOO_BIG, limit=limits.size)
    if not size:
        raise FileRefused(FileFault.EMPTY)


def _opened(
    source: BinaryIO, reading: Reading, limits: Limits, *, is_sample: bool = False
) -> tuple[list[str], Iterator[Row], list[str]]:
    """Headings, rows, names of sheets."""
    if reading.format is Format.XLSX:
        workbook = open_workbook(source, limits=limits)
        headings, all_rows = xlsx_rows(
            workbook,
            sheet=reading.sheet,
            header_row=reading.header_row,
            is_sample=is_sample,
        )
        return headings, all_rows, sheet_names(workbook)
    if reading.format is Format.CSV:
        headings, all_rows = csv_rows(
            source,
            encoding=reading.encoding,
            delimiter=reading.delimiter,
            header_row=reading.header_row,
        )
        return headings, all_rows, []
    if reading.format is Format.VCARD:
        return list(VCARD_HEADINGS), vcard_rows(source, encoding=reading.encoding), []
    return list(TEXT_HEADINGS), text_rows(source, encoding=reading.encoding), []
