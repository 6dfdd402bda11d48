"""What the pages of an import show."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from portal.contacts.export.csv_stream import csv_stream
from portal.contacts.fields.words import shown_value
from portal.contacts.imports.changes import Change, first_changes
from portal.contacts.imports.check import file_limits
from portal.contacts.imports.columns import field_ids
from portal.contacts.imports.forms import MEANINGS
from portal.contacts.imports.lines import COLUMNS, kept_lines, values
from portal.contacts.imports.report import Named, Report
from portal.contacts.imports.words import REPAIRS, explain_failure, explain_fault, fault_name
from portal.contacts.models import (
    BadRow,
    CheckedRows,
    ContactField,
    Import,
    ImportStage,
    ImportTarget,
)
from portal.contacts.models.imports import IN_WORK
from portal.contacts.reading import Fault, FileFault, Meaning
from portal.core.prepared import rows
from sms.phone import display

MOST_BAD_SHOWN = 20
MOST_PEOPLE_SHOWN = 5
MOST_CHANGES_SHOWN = 10
MOST_COUNTED = 10_000
LONGEST_CELL = 60
MOST_CELLS_SHOWN = 8
_WITHOUT_BOM = "windows-1251"
_SHOWN_PARTS = (Meaning.SURNAME, Meaning.GIVEN_NAME, Meaning.PATRONYMIC)
# As ``undo`` deletes them.
_MADE = """
    SELECT count(*) FILTER (WHERE is_unused), count(*) FILTER (WHERE NOT is_unused) FROM (
        SELECT c.changed_at = c.created_at AND c.archived_at IS NULL AND NOT EXISTS (
                   SELECT FROM contacts_membership m
                    WHERE m.contact_id = c.id AND m.imported_by_id IS DISTINCT FROM %(source)s
               ) AS is_unused
          FROM contacts_contact c WHERE c.imported_by_id = %(source)s) made
"""


@dataclass(frozen=True)
class Finding:
    """A repair or a fault with how many rows have it."""

    words: str
    count: int
    examples: list[tuple[int, str]]


@dataclass(frozen=True)
class Repeat:
    """A row about somebody of an earlier one. ``first``: that row, 0 where it is not known."""

    number: int
    whom: str
    first: int


@dataclass(frozen=True)
class ShownRow:
    number: int
    cells: list[str]
    words: list[str]


@dataclass(frozen=True)
class ShownPerson:
    """A good row as it will be written. ``phone``: as it is shown, "" for none; ``named``: all
    else, each value after what it is called."""

    phone: str
    named: list[tuple[str, str]]


@dataclass(frozen=True)
class ImportPage:
    """One import as its author sees it."""

    source: Import

    @cached_property
    def report(self) -> Report:
        return Report.from_dict(self.source.report)

    @cached_property
    def left_out(self) -> str:
        """Headings of the columns that nothing is taken from."""
        headings = self.report.headings
        said = [*self.source.columns, *[""] * (len(headings) - len(self.source.columns))]
        pairs = zip(_headings_shown(headings), said, strict=False)
        return ", ".join(heading[:LONGEST_CELL] for heading, meaning in pairs if not meaning)

    @cached_property
    def _fields(self) -> list[ContactField]:
        """Those that the columns hold."""
        return list(ContactField.objects.filter(pk__in=field_ids(self.source.columns)))

    @property
    def _parts(self) -> list[Meaning]:
        has_note = Meaning.NOTE in self.source.columns
        return [*_SHOWN_PARTS, Meaning.NOTE] if has_note else [*_SHOWN_PARTS]

    @property
    def person_words(self) -> list[str]:
        """What the values of ``first_people`` are called, beside the number."""
        if self.is_of_stop_list:
            return [str(MEANINGS[Meaning.REASON])]
        names = (field.name for field in self._fields)
        return [*(str(MEANINGS[part]) for part in self._parts), *names]

    @property
    def first_people(self) -> list[ShownPerson]:
        checked = CheckedRows.objects.filter(source=self.source).order_by("number").first()
        lines = kept_lines(checked)[:MOST_PEOPLE_SHOWN] if checked else []
        return [self._person(values(line)) for line in lines]

    def _person(self, said: Sequence[str]) -> ShownPerson:
        if self.is_of_stop_list:
            shown = [said[1] or self.source.outcome.get("reason", "")]
        else:
            row = dict(zip(COLUMNS, said, strict=True))
            own = json.loads(row["field_values"])
            shown = [row[part] for part in self._parts]
            for field in self._fields:
                shown.append(shown_value(field.kind, own.get(str(field.pk), "")))
        phone = display(said[0]) if said[0] else ""
        return ShownPerson(phone, list(zip(self.person_words, shown, strict=True)))

    @cached_property
    def first_changes(self) -> list[Change]:
        return first_changes(self.source, most=MOST_CHANGES_SHOWN)

    @property
    def repeated(self) -> list[Repeat]:
        """The first of them."""
        report = self.report
        rows = [*report.repeats, *[0] * len(report.repeated.examples)]
        pairs = zip(report.repeated.examples, rows, strict=False)
        return [Repeat(number, whom, first) for (number, whom), first in pairs]

    @cached_property
    def undo_counts(self) -> dict[str, int] | None:
        """How many contacts an undo would delete, and how many of those that were made it would
        keep, None where there are too many to look at each."""
        made = self.source.outcome.get("made", 0)
        if self.is_of_stop_list or made > MOST_COUNTED:
            return None
        [(deleted, kept)] = rows(_MADE, {"source": self.source.pk})
        return {"deleted": deleted, "kept": kept}

    @property
    def is_in_work(self) -> bool:
        return self.source.stage in IN_WORK

    @property
    def is_of_stop_list(self) -> bool:
        return bool(self.source.target == ImportTarget.STOP_LIST)

    @property
    def percent(self) -> int | None:
        """None while nobody knows how long it is."""
        if not self.source.total:
            return None
        return min(99, self.source.position * 100 // self.source.total)

    @property
    def failure(self) -> str:
        """Why it stopped, in words."""
        code = self.source.failure
        if not code:
            return ""
        limit = {
            FileFault.TOO_MANY_ROWS: settings.IMPORT_MAX_ROWS,
            FileFault.BOMB: file_limits().unpacked,
        }.get(code, settings.IMPORT_MAX_BYTES)  # type: ignore[call-overload]
        sheet = self.source.reading.get("sheet", "")
        return explain_failure(code, limits={"limit": limit, "sheet": sheet})

    @property
    def was_stopped(self) -> bool:
        return bool(self.source.stop_requested)

    @property
    def can_be_undone(self) -> bool:
        return bool(self.source.stage == ImportStage.DONE)

    @property
    def repairs(self) -> list[Finding]:
        return _findings({str(REPAIRS[code]): named for code, named in self.report.repairs.items()})

    @property
    def faults(self) -> list[Finding]:
        return _findings({fault_name(key): named for key, named in self.report.faults.items()})

    @property
    def bad_rows(self) -> list[ShownRow]:
        bad = BadRow.objects.filter(source=self.source).order_by("row_number")[:MOST_BAD_SHOWN]
        return [_shown(row) for row in bad]


def bad_rows_file(source: Import) -> Iterator[bytes]:
    """Every bad row as it came, then the reason and the row's number, as CSV in the file's family
    of encodings. What such a file of an earlier import said of that is left out."""
    encoding = _WITHOUT_BOM if source.reading.get("encoding") == _WITHOUT_BOM else "utf-8-sig"
    headings = Report.from_dict(source.report).headings
    kept = _without_former_reasons(headings)
    shown = _headings_shown(headings)
    heading = [*(shown[at] for at in kept), _("What is wrong"), _("Row")]
    language = translation.get_language()
    lines = _bad_lines(source, kept, len(headings), language)
    return csv_stream(heading, lines, encoding=encoding)


def _headings_shown(headings: Sequence[str]) -> list[str]:
    return [one or _("Column %(number)s") % {"number": at} for at, one in enumerate(headings, 1)]


def _without_former_reasons(headings: Sequence[str]) -> list[int]:
    """Places of the columns that are the file's own, and not of an earlier file of bad rows."""
    former: set[str] = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            if (wrong := _("What is wrong")) in headings:
                former |= {wrong, _("Row")}
    return [at for at, heading in enumerate(headings) if heading not in former]


def _bad_lines(
    source: Import, kept: Sequence[int], width: int, language: str | None
) -> Iterator[list[str]]:
    bad = BadRow.objects.filter(source=source).order_by("row_number")
    for row in bad.iterator(chunk_size=2_000):
        with translation.override(language):
            reason = " ".join(_words(row))
        cells = [row.cells[at] if at < len(row.cells) else "" for at in kept]
        yield [*cells, reason, str(row.row_number), *row.cells[width:]]


def _shown(row: BadRow) -> ShownRow:
    written = (cell for cell in row.cells if cell.strip())
    cells = [cell[:LONGEST_CELL] for cell in islice(written, MOST_CELLS_SHOWN)]
    return ShownRow(row.row_number, cells, _words(row))


def _words(row: BadRow) -> list[str]:
    return [explain_fault(Fault.from_dict(fault)) for fault in row.faults]


def _findings(found: dict[str, Named]) -> list[Finding]:
    most_first = sorted(found.items(), key=lambda pair: -pair[1].count)
    return [Finding(words, named.count, named.examples) for words, named in most_first]
