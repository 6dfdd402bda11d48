"""Whom earlier rows of a file were about."""

from array import array
from contextlib import suppress

from portal.contacts.imports.lines import kept_lines, phone_of, values
from portal.contacts.models import CheckedRows, Import

_NAME = 4


class Seen:
    """A million numbers in 80 MB: as integers, and names without a number as hashes of 64 bits,
    which are the same for two names once in many million files."""

    def __init__(self) -> None:
        self._numbers: set[int] = set()
        self._names: set[int] = set()
        # In the order of their rows: few are ever looked up here.
        self._keys, self._rows = array("q"), array("I")

    @classmethod
    def by_now(cls, source: Import) -> "Seen":
        """Those whom the check has found good so far."""
        seen = cls()
        checked = CheckedRows.objects.filter(source=source).order_by("number")
        for rows in checked.iterator(chunk_size=1):
            for line in kept_lines(rows):
                phone = phone_of(line)
                seen.is_new(phone, "" if phone else values(line)[_NAME], 0)
        return seen

    def is_new(self, phone: str, name: str, row: int) -> bool:
        """Whether nobody of this number came before, or without one nobody of this name; from now
        on somebody has, in this ``row``."""
        seen, key = (self._numbers, int(phone)) if phone else (self._names, hash(name))
        before = len(seen)
        seen.add(key)
        if len(seen) == before:
            return False
        self._keys.append(key)
        self._rows.append(row)
        return True

    def row_of(self, phone: str, name: str) -> int:
        """Where they came first; 0 where that is not known any more."""
        with suppress(ValueError):
            return self._rows[self._keys.index(int(phone) if phone else hash(name))]
        return 0
