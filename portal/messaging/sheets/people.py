"""The rows of a spreadsheet as people who get a message each."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from portal.contacts.imports.check import file_limits
from portal.contacts.reading import (
    Bad,
    Doctor,
    Fault,
    FaultCode,
    Figure,
    Healthy,
    Meaning,
    Reading,
    Row,
    is_cell_error,
    rows,
)
from portal.messaging.models import Sheet
from portal.messaging.sheets.storage import stored_file
from sms.placeholder_filters import as_date
from sms.placeholders import fold_name, one_line

# Many times what one SMS may hold of it.
LONGEST_VALUE = 2_000
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2}))?(?::[0-9.]+)?")
_FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")
# Beyond these a fraction is the noise of binary ones.
_PLACES = 10


class SheetPerson(NamedTuple):
    """``row``: its number in the file. ``phone``: E.164 digits, "" where ``fault`` says why there
    is nobody to send to. ``values``: by placeholders as ``fold_name`` makes them, without empty
    ones; a fault of the whole row leaves none."""

    row: int
    phone: str
    fault: Fault | None
    values: Mapping[str, str]


def sheet_people(
    sheet: Sheet, *, after_row: int = 0, names: Collection[str] | None = None
) -> Iterator[SheetPerson]:
    """Of the rows after ``after_row``, in the file's order, blank ones left out; the same each
    time, and never all in memory. ``names``: of the placeholders that are wanted, folded; None for
    all. Raises FileRefused, FileGone."""
    reader = RowReader(sheet, names=names)
    with stored_file(sheet) as file:
        for row in rows(file, Reading.from_dict(sheet.reading), limits=file_limits()):
            if row.number > after_row and (person := reader.person(row)):
                yield person


class RowReader:
    """Reads rows as the spreadsheet's columns say."""

    def __init__(self, sheet: Sheet, *, names: Collection[str] | None = None) -> None:
        columns = [(at, fold_name(name)) for at, name in enumerate(sheet.columns) if name]
        self._columns = [(at, name) for at, name in columns if names is None or name in names]
        meanings = [""] * len(sheet.columns)
        if sheet.phone_column is not None:
            meanings[sheet.phone_column] = Meaning.PHONE
        self._doctor = Doctor(
            meanings,
            organisation_id=sheet.organisation_id,
            field_kinds={},
            countries=sheet.organisation.allowed_countries,
            needs_phone=True,
        )

    def person(self, row: Row) -> SheetPerson | None:
        """None for a row in which nothing is written."""
        if row.fault:
            return SheetPerson(row.number, "", row.fault, {})
        found = self._doctor.examine(row.cells)
        if found is None:
            return None
        values = self._values(row.cells)
        fault = _fault(found) or self._too_long(values)
        phone = found.phone if isinstance(found, Healthy) and not fault else ""
        return SheetPerson(row.number, phone, fault, values)

    def _values(self, cells: Sequence[str]) -> dict[str, str]:
        written = ((name, cells[at]) for at, name in self._columns if at < len(cells))
        found = ((name, self._value(cell)) for name, cell in written if cell)
        return {name: value for name, value in found if value}

    def _value(self, cell: str) -> str:
        """Nobody wants to be told that a formula failed: it is a value that is missing."""
        if isinstance(cell, Figure):
            return _as_seen(cell)
        return "" if is_cell_error(cell) else one_line(cell)

    def _too_long(self, values: Mapping[str, str]) -> Fault | None:
        for at, name in self._columns:
            if len(values.get(name, "")) > LONGEST_VALUE:
                return Fault(FaultCode.TOO_LONG, at, {"limit": LONGEST_VALUE})
        return None


def _fault(found: Healthy | Bad) -> Fault | None:
    return found.faults[0] if isinstance(found, Bad) else None


def _as_seen(figure: Figure) -> str:
    """As people in Russia write it, and as values of contacts are shown: 24.11.2026 and 1234,5."""
    if (day := _DAY.fullmatch(figure)) and (written := as_date(day[1])):
        return " ".join(filter(None, (written, day[2])))
    if _FRACTION.fullmatch(figure):
        return f"{float(figure):.{_PLACES}f}".rstrip("0").rstrip(".").replace(".", ",")
    return one_line(figure)
