"""CSV as rows of cells: nothing in a row keeps the next ones from being read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, dropwhile, islice
from typing import BinaryIO

from portal.contacts.reading.csv_records import records
from portal.contacts.reading.faults import Fault, FaultCode
from portal.contacts.reading.ways import Row

_ROWS_TO_JUDGE_WIDTH = 50
_SHOWN_CELLS = 50


def csv_rows(
    source: BinaryIO, *, encoding: str, delimiter: str, header_row: int = 0
) -> tuple[list[str], Iterator[Row]]:
    """The cells of the first row that is not blank from ``header_row`` on, and the rows after it
    without blank lines; for 0 no header, and all rows.

    A row is an error row where it has a NUL, bytes that mean nothing in ``encoding``, another
    number of cells than the header (empty ones at the end do not count; without a header the
    usual number is taken), or a quote that is not closed within LONGEST_ROW characters: then
    reading goes on at the next line.
    """
    all_rows = records(source, encoding=encoding, delimiter=delimiter)
    if header_row:
        from_header = dropwhile(lambda row: row.number < header_row, all_rows)
        heading = _without_empty_end(next(from_header, Row(0, [])).cells)
        return heading, _of_width(all_rows, len(heading))
    first = list(islice(all_rows, _ROWS_TO_JUDGE_WIDTH))
    return [], _of_width(chain(first, all_rows), _usual_width(first))


def _of_width(all_rows: Iterable[Row], width: int) -> Iterator[Row]:
    for row in all_rows:
        if len(row.cells) == width or row.fault:
            yield row
        else:
            yield _of_other_width(row.number, row.cells, width)


def _of_other_width(number: int, cells: list[str], width: int) -> Row:
    found = _without_empty_end(cells)
    if len(cells) < width and found:
        data = {"expected": width, "found": len(cells)}
        return Row(number, cells, Fault(FaultCode.TOO_FEW_CELLS, data=data))
    if len(found) > width:
        data = {"expected": width, "found": len(found)}
        shown = found[: width + _SHOWN_CELLS]
        return Row(number, shown, Fault(FaultCode.TOO_MANY_CELLS, data=data))
    return Row(number, found + [""] * (width - len(found)))


def _without_empty_end(cells: Sequence[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def _usual_width(sample: Iterable[Row]) -> int:
    widths = Counter(len(_without_empty_end(row.cells)) for row in sample if not row.fault)
    widths.pop(0, None)
    return max(widths, key=lambda width: (widths[width], width), default=1)
