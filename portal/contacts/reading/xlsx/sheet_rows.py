"""A sheet's XML as rows of texts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf

from portal.contacts.reading.faults import Fault, FaultCode, FileFault, FileRefused
from portal.contacts.reading.ways import Figure, Row
from portal.contacts.reading.xlsx.package import Attributes, Package
from portal.contacts.reading.xlsx.workbook import LONGEST_CELL, Sheet, Workbook, unescaped

MOST_COLUMNS = 300
LAST_ROW = 1_048_576
# Of shared strings, which a few bytes name over and over.
_LONGEST_ROW = 100_000
# Beyond, a float no longer tells neighbouring integers apart.
_EXACT = 10**15
_DIGITS = "0123456789"
_FROM_1900 = datetime(1899, 12, 30)
_FROM_1904 = datetime(1904, 1, 1)
# Excel takes 1900 for a leap year; days before its 29 February are one off.
_FIRST_RIGHT_SERIAL = 60
_LAST_SERIAL = 2_958_466


def sheet_rows(
    package: Package, workbook: Workbook, sheet: Sheet, *, until: float = inf
) -> Iterator[Row]:
    """Rows with anything in them. Numbers that are exact integers come as their digits, dates as
    ISO 8601, booleans as TRUE or FALSE, errors as Excel shows them.

    A row with anything beyond MOST_COLUMNS has the fault TOO_MANY_CELLS, one with too long texts
    TOO_LONG_ROW. They end where ``until`` bytes of the package are unpacked. Raises FileRefused:
    BROKEN too where rows are not numbered upwards to LAST_ROW.
    """
    reader = _SheetReader(workbook)
    steps = package.parse(sheet.part, start=reader.start, end=reader.end, text=reader.text)
    for _step in steps:
        yield from reader.rows
        reader.rows.clear()
        if package.unpacked > until:
            return


class _SheetReader:
    """``rows``: those that have ended since it was last cleared.

    The handlers are called for every element: they compare names that the root's prefix has made
    whole, and keep the state in attributes.
    """

    def __init__(self, workbook: Workbook) -> None:
        self.rows: list[Row] = []
        self._strings = workbook.strings
        self._values = _Values(workbook)
        self._columns: dict[str, int] = {}
        self._is_begun = False
        self._row = self._c = self._v = self._t = self._phonetic = ""
        self._number = 0
        self._cells: list[str] = []
        self._shared = 0
        self._fault: Fault | None = None
        self._column = 0
        self._kind: str | None = None
        self._style: str | None = None
        self._parts: list[str] = []
        self._length = 0
        self._is_text = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == self._c:
            self._start_cell(attributes)
        elif name in (self._v, self._t):
            self._is_text = True
        elif name == self._row:
            self._start_row(attributes)
        elif name == self._phonetic:
            self._t = ""
        elif not self._is_begun:
            self._begin(name.rpartition("worksheet")[0])

    def text(self, data: str) -> None:
        if self._is_text and self._length < LONGEST_CELL:
            self._parts.append(data)
            self._length += len(data)

    def end(self, name: str) -> None:
        self._is_text = False
        if name == self._c:
            if self._parts:
                self._end_cell()
        elif name == self._row and (self._cells or self._fault):
            self.rows.append(Row(self._number, self._cells, self._fault))
        elif name == self._phonetic:
            self._t = self._v[:-1] + "t"

    def _begin(self, prefix: str) -> None:
        self._is_begun = True
        names = (prefix + name for name in ("row", "c", "v", "t", "rPh"))
        self._row, self._c, self._v, self._t, self._phonetic = names

    def _start_row(self, attributes: Attributes) -> None:
        number = int(attributes.get("r", self._number + 1))
        if not self._number < number <= LAST_ROW:
            raise FileRefused(FileFault.BROKEN)
        self._number = number
        self._cells, self._fault, self._column, self._shared = [], None, -1, 0

    def _start_cell(self, attributes: Attributes) -> None:
        self._kind = attributes.get("t")
        self._style = attributes.get("s")
        self._parts, self._length = [], 0
        if (place := attributes.get("r")) is None:
            self._column += 1
            return
        letters = place.rstrip(_DIGITS)
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_index(letters)
        self._column = column

    def _end_cell(self) -> None:
        text = "".join(self._parts)[:LONGEST_CELL]
        if self._kind == "s":
            text = self._shared_string(int(text))
        elif self._kind is None or self._kind == "n":
            text = self._values.number(text, self._style)
        else:
            text = self._values.other(text, self._kind)
        if not text:
            return
        missing = self._column - len(self._cells)
        if self._column >= MOST_COLUMNS:
            data = {"expected": MOST_COLUMNS, "found": self._column + 1}
            self._fault = Fault(FaultCode.TOO_MANY_CELLS, data=data)
        elif missing >= 0:
            self._cells.extend([""] * missing)
            self._cells.append(text)

    def _shared_string(self, number: int) -> str:
        text = self._strings[number]
        self._shared += len(text)
        if self._shared <= _LONGEST_ROW:
            return text
        self._fault = Fault(FaultCode.TOO_LONG_ROW, data={"limit": _LONGEST_ROW})
        return ""


class _Values:
    """Cells' values as texts."""

    def __init__(self, workbook: Workbook) -> None:
        self._dates = workbook.dates
        self._first_day = _FROM_1904 if workbook.counts_from_1904 else _FROM_1900

    def number(self, text: str, style: str | None) -> str:
        if style in self._dates:
            return Figure(self._moment(float(text)))
        if text.isdecimal():
            return text
        value = float(text)
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        return Figure(f"{Decimal(repr(value)):f}" if abs(value) < _EXACT else repr(value).upper())

    def other(self, text: str, kind: str) -> str:
        if kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        if kind == "d":
            return Figure(text.removesuffix("Z").replace("T", " ").removesuffix(" 00:00:00"))
        return unescaped(text)

    def _moment(self, serial: float) -> str:
        if not 0 <= serial < _LAST_SERIAL:
            return repr(serial)
        if 1 <= serial < _FIRST_RIGHT_SERIAL and self._first_day == _FROM_1900:
            serial += 1
        moment = self._first_day + timedelta(seconds=round(serial * 86_400))
        if serial < 1:
            return moment.strftime("%H:%M:%S")
        is_day = not (moment.hour or moment.minute or moment.second)
        return moment.date().isoformat() if is_day else moment.isoformat(" ")


def column_index(letters: str) -> int:
    """``A`` is 0, ``AB`` 27. Raises ValueError."""
    if not 1 <= len(letters) <= 3 or not (letters.isascii() and letters.isalpha()):
        raise ValueError
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
