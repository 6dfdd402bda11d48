"""What the page of a spreadsheet shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.forms import BoundField
from django.utils.translation import gettext as _

from portal.contacts.imports.words import explain_fault
from portal.contacts.reading import Preview, Row
from portal.messaging.models import Sheet
from portal.messaging.sheets.forms import SheetColumnsForm
from portal.messaging.sheets.people import RowReader, SheetPerson
from sms.phone import display
from sms.placeholders import fold_name

MOST_EXAMPLES = 3
MOST_ROWS_SHOWN = 20
# Further columns are there in the text all the same.
MOST_COLUMNS_SHOWN = 6
LONGEST_CELL = 60


@dataclass(frozen=True)
class Column:
    """Of the file: its heading, its first filled cells, and the field of its name."""

    number: int
    heading: str
    examples: list[str]
    field: BoundField


@dataclass(frozen=True)
class ShownRow:
    """``phone``: as it is shown; "" where ``fault`` says why nothing goes there. ``cells``: each
    value after what it is called."""

    number: int
    phone: str
    fault: str
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class ShownRows:
    """The first rows, as the columns say; ``bad`` of them get nothing. ``names``: of the columns
    that are shown."""

    names: list[str]
    rows: list[ShownRow]

    @property
    def bad(self) -> int:
        return sum(bool(row.fault) for row in self.rows)


def headings_of(sheet: Sheet, preview: Preview) -> Mapping[int, str]:
    """Of each column, one of our own where the file has none."""
    written = preview.headings
    return {
        at: (written[at][:LONGEST_CELL].strip() if at < len(written) else "")
        or _("Column %(number)s") % {"number": at + 1}
        for at in range(len(sheet.columns))
    }


def columns_of(
    form: SheetColumnsForm, headings: Mapping[int, str], rows: Sequence[Row]
) -> list[Column]:
    good = [row.cells for row in rows if row.fault is None]
    return [
        Column(at + 1, heading, _examples(good, at), form[f"name-{at}"])
        for at, heading in headings.items()
    ]


def shown_rows(sheet: Sheet, rows: Sequence[Row]) -> ShownRows:
    """``sheet``: with the columns as they are chosen now."""
    reader = RowReader(sheet)
    people = (person for row in rows if (person := reader.person(row)))
    names = [name for at, name in enumerate(sheet.columns) if name and at != sheet.phone_column]
    shown = names[:MOST_COLUMNS_SHOWN]
    return ShownRows(shown, [_shown(person, shown) for person in islice(people, MOST_ROWS_SHOWN)])


def _shown(person: SheetPerson, names: Sequence[str]) -> ShownRow:
    cells = [(name, person.values.get(fold_name(name), "")[:LONGEST_CELL]) for name in names]
    fault = explain_fault(person.fault) if person.fault else ""
    return ShownRow(person.row, display(person.phone) if person.phone else "", fault, cells)


def _examples(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    cells = (row[at] for row in rows if at < len(row))
    return [cell[:LONGEST_CELL] for cell in islice(filter(str.strip, cells), MOST_EXAMPLES)]
