"""CSV records one by one, whatever their quotes do."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from io import StringIO
from itertools import chain
from typing import BinaryIO

from portal.contacts.reading.decoding import blocks, fault_of, is_marked, storable
from portal.contacts.reading.faults import Fault, FaultCode
from portal.contacts.reading.formula_safe import unprotected
from portal.contacts.reading.ways import Row

# Below the csv module's own limit for a field; no person's row comes near it.
LONGEST_RECORD = 100_000
# Read ahead over the whole file for quotes that are never closed. Without an end to it a file of
# such quotes alone would take hours.
_MOST_READ_IN_VAIN = 20_000_000
_SEPARATOR_LINE = re.compile(r"\Asep=.\r?\n?", re.IGNORECASE)


def records(source: BinaryIO, *, encoding: str, delimiter: str) -> Iterator[Row]:
    """Every record that is not blank, numbered from 1 with the blank ones counted, without the
    quotes that keep cells from being formulas."""
    texts = blocks(source, encoding)
    first = _SEPARATOR_LINE.sub("", next(texts, ""))  # Excel's own hint, which is no row
    number = 0
    for text in chain((first,), texts):
        if '"' in text or is_marked(text):
            careful = _Careful(chain((text,), texts), encoding, delimiter)
            yield from map(_unprotected, careful.records(number))
            return
        may_be_protected = "'" in text
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            number += 1
            if cells:
                row = Row(number, cells)
                yield _unprotected(row) if may_be_protected else row


def _unprotected(row: Row) -> Row:
    for cell in row.cells:
        if "'" in cell:
            return row._replace(cells=[unprotected(cell) for cell in row.cells])
    return row


class _Careful:
    """Reads records that may go over several lines, or be broken.

    The csv module asks for another line while a quote is open; ``_held`` are the lines that it has
    of the record. Where it asks in vain, those after the first go back.
    """

    def __init__(self, texts: Iterator[str], encoding: str, delimiter: str) -> None:
        self._texts = texts
        self._encoding = encoding
        self._delimiter = delimiter
        self._held: list[str] = []
        self._given_back: deque[str] = deque()
        self._read_in_vain = 0
        self._is_unclosed = False
        self._is_marked = False
        self._fresh = self._fresh_lines()
        self._size = 0

    def records(self, number: int) -> Iterator[Row]:
        """``number``: of the record before."""
        is_over = False
        while not is_over:
            is_over = True
            for cells in csv.reader(self._lines_of_records(), delimiter=self._delimiter):
                number += 1
                if self._is_unclosed or not self._is_sound():
                    yield self._broken_off(number)
                    is_over = False
                elif self._is_marked and (row := self._marked(number, cells)):
                    yield row
                elif cells:
                    yield Row(number, cells)
                self._held.clear()

    def _lines_of_records(self) -> Iterator[str]:
        """Ends amid a record where its quote is not closed in time."""
        held = self._held
        for line in self._lines():
            if held and self._is_too_long(line):
                self._given_back.appendleft(line)
                break
            held.append(line)
            yield line
        self._is_unclosed = bool(held)

    def _is_too_long(self, line: str) -> bool:
        limit = LONGEST_RECORD if self._read_in_vain < _MOST_READ_IN_VAIN else 0
        self._size = (len(self._held[0]) if len(self._held) == 1 else self._size) + len(line)
        return self._size > limit

    def _is_sound(self) -> bool:
        """Whether the quotes of a record of several lines are as the rules want them. Where one was
        not closed in its own row, the next row's opening quote has closed it: rows between them
        would be lost in one cell."""
        if len(self._held) == 1:
            return True
        try:
            next(csv.reader(self._held, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return False
        return True

    def _broken_off(self, number: int) -> Row:
        first, *others = self._held
        self._read_in_vain += sum(map(len, others))
        self._given_back.extendleft(reversed(others))
        self._is_unclosed = False
        cells = next(csv.reader([first], delimiter=self._delimiter))
        return Row(number, [storable(cell) for cell in cells], Fault(FaultCode.UNCLOSED_QUOTE))

    def _marked(self, number: int, cells: list[str]) -> Row | None:
        fault = fault_of("".join(cells), self._encoding)
        return Row(number, [storable(cell) for cell in cells], fault) if fault else None

    def _lines(self) -> Iterator[str]:
        while True:
            while self._given_back:
                yield self._given_back.popleft()
            if (line := next(self._fresh, None)) is None:
                return
            yield line

    def _fresh_lines(self) -> Iterator[str]:
        for text in self._texts:
            self._is_marked = self._is_marked or is_marked(text)
            yield from StringIO(text, newline="")
