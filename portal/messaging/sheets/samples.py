"""What the first rows of a spreadsheet say, while its text is being written."""

from collections.abc import Collection, Mapping
from itertools import islice

from portal.contacts.file_parts import FileGone
from portal.contacts.reading import FileRefused
from portal.messaging.models import Sheet
from portal.messaging.sheets.people import RowReader
from portal.messaging.sheets.services import sheet_preview

_ROWS_LOOKED_AT = 100
_MOST_SAMPLES = 20


def sheet_samples(sheet: Sheet, names: Collection[str]) -> list[Mapping[str, str]]:
    """Of the first rows with a number, the values for the folded ``names``. None where there are no
    such rows, or the file cannot be read."""
    try:
        rows = sheet_preview(sheet, count=_ROWS_LOOKED_AT).rows
    except (FileRefused, FileGone):
        return []
    people = map(RowReader(sheet, names=names).person, rows)
    return list(
        islice((person.values for person in people if person and person.phone), _MOST_SAMPLES)
    )
