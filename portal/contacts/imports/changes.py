"""What an import will change of contacts that are there already, before it does."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from portal.contacts.fields.words import shown_value
from portal.contacts.imports.columns import field_ids
from portal.contacts.imports.forms import MEANINGS
from portal.contacts.imports.lines import kept_lines
from portal.contacts.imports.people import Changed, Known, People
from portal.contacts.imports.report import Report
from portal.contacts.models import CheckedRows, ContactField, Import, ImportTarget
from portal.contacts.reading import Meaning
from sms.phone import display

# A page looks no further into a file for them.
LINES_LOOKED_THROUGH = 20_000
_LINES_AT_ONCE = 500
_PARTS = (Meaning.SURNAME, Meaning.GIVEN_NAME, Meaning.PATRONYMIC, Meaning.NOTE)


@dataclass(frozen=True)
class Difference:
    """``before`` is "" where there was nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    whom: str
    differences: list[Difference]


def first_changes(source: Import, *, most: int) -> list[Change]:
    """Of the first rows of a checked file, whom they will change, and how; as things are now."""
    is_of_contacts = source.target == ImportTarget.CONTACTS
    if not (is_of_contacts and source.updates_known and Report.from_dict(source.report).known):
        return []
    fields = ContactField.objects.in_bulk(field_ids(source.columns))
    people = People(source)
    changes = (
        _change(known, changed, fields)
        for lines in _pieces(source)
        for known, changed in people.changes(lines)
    )
    return list(islice(changes, most))


def _pieces(source: Import) -> Iterator[list[bytes]]:
    looked = 0
    for checked in CheckedRows.objects.filter(source=source).order_by("number"):
        lines = kept_lines(checked)
        for start in range(0, len(lines), _LINES_AT_ONCE):
            yield lines[start : start + _LINES_AT_ONCE]
        looked += len(lines)
        if looked >= LINES_LOOKED_THROUGH:
            return


def _change(known: Known, changed: Changed, fields: Mapping[int, ContactField]) -> Change:
    parts = [(str(MEANINGS[part]), getattr(known, part), getattr(changed, part)) for part in _PARTS]
    before, after = json.loads(known.field_values), json.loads(changed.field_values)
    for pk, field in fields.items():
        was, will_be = before.get(str(pk), ""), after.get(str(pk), "")
        shown = shown_value(field.kind, was), shown_value(field.kind, will_be)
        parts.append((field.name, *shown))
    whom = ", ".join(filter(None, (known.name, known.phone and display(known.phone))))
    return Change(whom, [Difference(*part) for part in parts if part[1] != part[2]])
