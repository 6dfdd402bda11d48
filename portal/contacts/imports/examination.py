"""Rows of a file, examined a batch at a time."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from portal.contacts.imports.lines import contact_line, stop_line
from portal.contacts.imports.report import Named, Report, fault_key
from portal.contacts.imports.seen import Seen
from portal.contacts.models import ImportTarget
from portal.contacts.reading import Bad, Doctor, Fault, Healthy, Meaning, Repair, Row
from sms.phone import display

# Of a row that cannot be imported so much is given back.
LONGEST_BAD_CELL = 2_000
MOST_BAD_CELLS = 200
MOST_REPEATED = 10
_LONGEST_SECONDS = 10.0
# Ten thousand people are some two million.
_MOST_CHARACTERS = 16_000_000


@dataclass
class Batch:
    """``lines``: good rows for COPY; ``names``: name and search key of those without a number;
    ``bad``: rows of the table of bad ones, without the import's id. ``size``: characters."""

    lines: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    last_row: int = 0
    size: int = 0


class Examination:
    """``report`` grows with every batch."""

    def __init__(
        self, target: str, meanings: Sequence[str], doctor: Doctor, seen: Seen, report: Report
    ) -> None:
        self._examine = doctor.examine
        self._line = stop_line if target == ImportTarget.STOP_LIST else contact_line
        self._phone_column = meanings.index(Meaning.PHONE) if Meaning.PHONE in meanings else None
        self._seen = seen
        self.report = report

    def batch(self, rows: Iterable[Row]) -> Batch:
        """Of ``rows``, as many as _LONGEST_SECONDS and _MOST_CHARACTERS have room for: the lease is
        renewed between batches."""
        batch = Batch()
        end = time.perf_counter() + _LONGEST_SECONDS
        for row in rows:
            self.report.rows += 1
            found = Bad((row.fault,)) if row.fault else self._examine(row.cells)
            if isinstance(found, Healthy):
                self._note_healthy(batch, row, found)
            elif found is None:
                self.report.blank += 1
            else:
                self._note_bad(batch, row, found.faults)
            batch.last_row = row.number
            if batch.size > _MOST_CHARACTERS or time.perf_counter() > end:
                break
        self.report.good += len(batch.lines)
        self.report.without_number += len(batch.names)
        return batch

    def _note_healthy(self, batch: Batch, row: Row, found: Healthy) -> None:
        phone = found.phone
        if not self._seen.is_new(phone, found.name, row.number):
            self._note_repeated(row, found)
            return
        line = self._line(found)
        batch.lines.append(line)
        batch.size += len(line)
        if phone:
            batch.phones.append(phone)
        else:
            batch.names.append((found.name, found.search_key))
        if found.repairs:
            self._note_repairs(row, found.repairs)

    def _note_repeated(self, row: Row, found: Healthy) -> None:
        self.report.duplicates += 1
        self.report.repeated.note(row.number, partial(_whom, found), most=MOST_REPEATED)
        if len(self.report.repeats) < MOST_REPEATED:
            self.report.repeats.append(self._seen.row_of(found.phone, found.name))

    def _note_repairs(self, row: Row, repairs: Sequence[Repair]) -> None:
        self.report.repaired += 1
        for repair in repairs:
            if (named := self.report.repairs.get(repair)) is None:
                named = self.report.repairs[str(repair)] = Named()
            named.note(row.number, partial(_cell, row, self._phone_column))

    def _note_bad(self, batch: Batch, row: Row, faults: Sequence[Fault]) -> None:
        self.report.bad += 1
        for fault in faults:
            named = self.report.faults.setdefault(fault_key(fault), Named())
            named.note(row.number, partial(_cell, row, fault.column))
        cells = [_storable(cell[:LONGEST_BAD_CELL]) for cell in row.cells[:MOST_BAD_CELLS]]
        told = _all_storable([fault.as_dict() for fault in faults])
        bad = (row.number, json.dumps(cells), json.dumps(told))
        batch.bad.append(bad)
        batch.size += len(bad[1])


def _whom(found: Healthy) -> str:
    return display(found.phone) if found.phone else found.name


def _cell(row: Row, column: int | None) -> str:
    there = column is not None and column < len(row.cells)
    return _storable(row.cells[column][:100]) if there and column is not None else ""


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor half a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _all_storable(value: object) -> object:
    """The same of everything inside, as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): _all_storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_all_storable(inner) for inner in value]
    return value if value is None or isinstance(value, int | float) else _storable(str(value))
