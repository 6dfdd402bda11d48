"""Sheets of XLSX (ECMA-376, Office Open XML) as rows of cells, streaming.

On the standard library's zip and expat: openpyxl keeps nothing flat that a hostile file makes big
(shared strings, a cell in the last column of every row) and is several times slower; calamine
unpacks a whole sheet before its first row.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, dropwhile, islice
from math import inf
from typing import BinaryIO, NamedTuple

from portal.contacts.reading.faults import Fault, FaultCode, FileFault, FileRefused
from portal.contacts.reading.ways import MEBIBYTE, Limits, Row
from portal.contacts.reading.xlsx.package import Package
from portal.contacts.reading.xlsx.sheet_rows import sheet_rows
from portal.contacts.reading.xlsx.workbook import Sheet, Workbook, read_workbook

_ROWS_TO_JUDGE_WIDTH = 50
# Rows that somebody waits for are in it, or are done without.
_BEGINNING = 8 * MEBIBYTE


class OpenWorkbook(NamedTuple):
    package: Package
    workbook: Workbook


def open_workbook(source: BinaryIO, *, limits: Limits) -> OpenWorkbook:
    """Raises FileRefused."""
    package = Package(source, unpacked=limits.unpacked)
    return OpenWorkbook(package, read_workbook(package))


def sheet_names(opened: OpenWorkbook) -> list[str]:
    """Visible ones; all where none is."""
    return [sheet.name for sheet in _shown(opened)]


def first_sheet_with_data(opened: OpenWorkbook) -> str:
    """Looked for in the beginning alone. Raises FileRefused: EMPTY."""
    until = _end_of_beginning(opened)
    for sheet in _shown(opened):
        if next(sheet_rows(*opened, sheet, until=until), None) is not None:
            return sheet.name
    raise FileRefused(FileFault.EMPTY)


def xlsx_rows(
    opened: OpenWorkbook, *, sheet: str, header_row: int = 0, is_sample: bool = False
) -> tuple[list[str], Iterator[Row]]:
    """The cells of the first row with anything in it from ``header_row`` on (for 0 no header), and
    the rows after it, all as wide as the widest of the first ones; a wider one is an error row.
    ``is_sample``: those alone that the sheet's beginning holds. Raises FileRefused:
    NO_SUCH_SHEET."""
    chosen = next((each for each in _shown(opened) if each.name == sheet), None)
    if chosen is None:
        raise FileRefused(FileFault.NO_SUCH_SHEET, sheet=sheet)
    until = _end_of_beginning(opened) if is_sample else inf
    all_rows = sheet_rows(*opened, chosen, until=until)
    from_header = dropwhile(lambda row: row.number < header_row, all_rows)
    heading = next(from_header, Row(0, [])).cells if header_row else []
    first = list(islice(all_rows, _ROWS_TO_JUDGE_WIDTH))
    width = max(len(heading), *(len(row.cells) for row in first), 0, 0)
    return heading, _of_width(chain(first, all_rows), width)


def _of_width(all_rows: Iterable[Row], width: int) -> Iterator[Row]:
    for row in all_rows:
        missing = width - len(row.cells)
        if missing > 0:
            row.cells.extend([""] * missing)
        elif missing < 0 and not row.fault:
            data = {"expected": width, "found": len(row.cells)}
            row = row._replace(fault=Fault(FaultCode.TOO_MANY_CELLS, data=data))
        yield row


def _end_of_beginning(opened: OpenWorkbook) -> int:
    return opened.package.unpacked + _BEGINNING


def _shown(opened: OpenWorkbook) -> list[Sheet]:
    sheets = opened.workbook.sheets
    return [sheet for sheet in sheets if not sheet.is_hidden] or sheets
