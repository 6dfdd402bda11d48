"""What the pages of an import show."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from portal.contacts.export.csv_stream import csv_stream
from portal.contacts.imports.check import file_limits
from portal.contacts.imports.report import Named, Report
from portal.contacts.imports.words import REPAIRS, explain_failure, explain_fault, fault_name
from portal.contacts.models import BadRow, Import, ImportStage, ImportTarget
from portal.contacts.models.imports import IN_WORK
from portal.contacts.reading import Fault, FileFault

MOST_BAD_SHOWN = 20
LONGEST_CELL = 60
MOST_CELLS_SHOWN = 8
_WITHOUT_BOM = "windows-1251"


@dataclass(frozen=True)
class Finding:
    """A repair or a fault with how many rows have it."""

    words: str
    count: int
    examples: list[tuple[int, str]]


@dataclass(frozen=True)
class ShownRow:
    number: int
    cells: list[str]
    words: list[str]


@dataclass(frozen=True)
class ImportPage:
    """One import as its author sees it."""

    source: Import

    @cached_property
    def report(self) -> Report:
        return Report.from_dict(self.source.report)

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
        rows = BadRow.objects.filter(source=self.source).order_by("row_number")[:MOST_BAD_SHOWN]
        return [_shown(row) for row in rows]


def bad_rows_file(source: Import) -> Iterator[bytes]:
    """Every bad row as it came with the reason in a last column, as CSV in the file's family of
    encodings."""
    encoding = _WITHOUT_BOM if source.reading.get("encoding") == _WITHOUT_BOM else "utf-8-sig"
    headings = Report.from_dict(source.report).headings
    heading = [one or _("Column %(number)s") % {"number": at} for at, one in enumerate(headings, 1)]
    heading.append(_("What is wrong"))
    language = translation.get_language()
    return csv_stream(heading, _bad_lines(source, len(headings), language), encoding=encoding)


def _bad_lines(source: Import, width: int, language: str | None) -> Iterator[list[str]]:
    rows = BadRow.objects.filter(source=source).order_by("row_number")
    for row in rows.iterator(chunk_size=2_000):
        with translation.override(language):
            reason = " ".join(_words(row))
        cells = row.cells[:width]
        yield [*cells, *[""] * (width - len(cells)), reason, *row.cells[width:]]


def _shown(row: BadRow) -> ShownRow:
    written = (cell for cell in row.cells if cell.strip())
    cells = [cell[:LONGEST_CELL] for cell in islice(written, MOST_CELLS_SHOWN)]
    return ShownRow(row.row_number, cells, _words(row))


def _words(row: BadRow) -> list[str]:
    return [explain_fault(Fault.from_dict(fault)) for fault in row.faults]


def _findings(found: dict[str, Named]) -> list[Finding]:
    most_first = sorted(found.items(), key=lambda pair: -pair[1].count)
    return [Finding(words, named.count, named.examples) for words, named in most_first]
