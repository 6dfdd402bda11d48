"""The rows of a spreadsheet laid out as the people of a mailing, each number once."""

import json
from collections.abc import Iterator
from itertools import chain

from portal.core.copying import copy_rows
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.models import Mailing
from portal.messaging.sheets.people import SheetPerson, sheet_people
from sms.placeholders import parse

_GATHERED = "messaging_gatheredperson (mailing_id, position, phone, name, values)"
_MOST_ROWS = 5_000
# What memory holds of rows with long values.
_MOST_CHARACTERS = 8_000_000

Line = tuple[int, int, str, str, str]


class SheetGathering:
    """Of one mailing, with its ``reach`` so far. ``seen``: a million numbers in 64 MB."""

    def __init__(self, mailing: Mailing) -> None:
        self._mailing = mailing
        self._seen: set[int] = set()
        self._duplicates = self._refused = 0

    @property
    def reach(self) -> PreparedReach:
        return PreparedReach(duplicates=self._duplicates, refused=self._refused)

    def lay_out(self) -> int:
        """How many people there are. The file is read on the connection that is written to, hence
        in turns. Raises FileRefused, FileGone."""
        assert self._mailing.sheet is not None, "a mailing of a spreadsheet"
        names = parse(self._mailing.text).names
        lines = self._lines(sheet_people(self._mailing.sheet, names=names))
        for first in lines:
            copy_rows(_GATHERED, list(_part(chain([first], lines))))
        return len(self._seen)

    def _lines(self, people: Iterator[SheetPerson]) -> Iterator[Line]:
        for person in people:
            if person.fault:
                self._refused += 1
                continue
            known = len(self._seen)
            self._seen.add(int(person.phone))
            if len(self._seen) == known:
                self._duplicates += 1
                continue
            values = json.dumps(person.values, ensure_ascii=False)
            yield (self._mailing.pk, len(self._seen), person.phone, "", values)


def _part(lines: Iterator[Line]) -> Iterator[Line]:
    """As many as are written at once."""
    characters = 0
    for number, line in enumerate(lines, 1):
        yield line
        characters += len(line[-1])
        if number >= _MOST_ROWS or characters >= _MOST_CHARACTERS:
            return
