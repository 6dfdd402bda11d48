"""The rows that most of a file is made of, examined at a fraction of the doctor's pains.

What a cell says by itself is remembered for when it comes again: surnames, given names and cities
repeat. A row with any oddity is not among these, and the doctor's.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple, cast

from portal.contacts.names import parts_of
from portal.contacts.reading.faults import Fault
from portal.contacts.reading.limits import (
    LONGEST_NAME,
    LONGEST_NAME_PART,
    LONGEST_NOTE,
    LONGEST_REASON,
)
from portal.contacts.reading.phones import russian_repairs
from portal.contacts.reading.values import read_value
from portal.contacts.reading.verdicts import Healthy
from portal.contacts.reading.wording import cleaned
from portal.contacts.search_words import field_lexemes, search_key, word_lexemes
from sms.phone import usual_russian

# Cells whose reading is remembered, of all columns together: some 15 MB.
_REMEMBERED = 30_000
# Of a longer one nothing is remembered, nor its names folded, which may take the square of them.
_LONGEST_ROW = 2_000
# NamedTuple's own constructor is written in Python, and takes as long as the rest of a row.
_healthy = cast(Callable[[tuple[object, ...]], Healthy], partial(tuple.__new__, Healthy))


class Columns(NamedTuple):
    """Where in a row of ``width`` cells what is said, None for nowhere. ``parts``: surname, given
    name, patronymic. ``fields``: column, id and kind of each."""

    width: int
    phone: int | None
    full_name: int | None
    parts: tuple[int | None, int | None, int | None]
    note: int | None
    reason: int | None
    fields: tuple[tuple[int, str, str], ...]


class _Part(NamedTuple):
    """Of a name: as it is kept, as it is searched, its lexemes."""

    text: str
    key: str
    lexemes: str


class _Value(NamedTuple):
    text: str
    lexemes: str


_Parts = tuple[_Part, _Part, _Part]
_NO_PART, _NO_VALUE = _Part("", "", ""), _Value("", "")


class UsualRows:
    """For rows with a Russian mobile number and texts without anything to see to."""

    def __init__(self, columns: Columns, *, organisation_id: int) -> None:
        self._width, self._phone, self._full_name = columns[:3]
        self._note, self._reason = columns.note, columns.reason
        self._surname, self._given_name, self._patronymic = columns.parts
        self._has_both = self._full_name is not None and any(
            column is not None for column in columns.parts
        )
        self._organisation_id = organisation_id
        remembered = lru_cache(_REMEMBERED // (len(columns.fields) + 1))
        self._part = remembered(self._read_part)
        self._fields = [
            (column, field_id, remembered(partial(self._read_value, field_id, kind)))
            for column, field_id, kind in columns.fields
        ]

    def examine(self, cells: Sequence[str]) -> Healthy | None:
        """What the doctor says of the row, or None where he is to be asked."""
        if self._phone is None or len(cells) < self._width or len("".join(cells)) > _LONGEST_ROW:
            return None
        cell = cells[self._phone]
        if not (phone := usual_russian(cell)) or (parts := self._parts(cells)) is None:
            return None
        (surname, key1, words1), (given_name, key2, words2), (patronymic, key3, words3) = parts
        if key1 and key2 and key3:
            name, key = f"{surname} {given_name} {patronymic}", f"{key1} {key2} {key3}"
            words = f"{words1} {words2} {words3}"
        else:
            name, key = _joined((surname, given_name, patronymic)), _joined((key1, key2, key3))
            words = _joined((words1, words2, words3))
        values: dict[str, str] = {}
        for column, field_id, read in self._fields:
            if (value := read(cells[column])) is None:
                return None
            if value is not _NO_VALUE:
                values[field_id] = value.text
                words = f"{words} {value.lexemes}" if words else value.lexemes
        note = "" if self._note is None else _plain(cells[self._note], LONGEST_NOTE)
        reason = "" if self._reason is None else _plain(cells[self._reason], LONGEST_REASON)
        if note is None or reason is None or len(name) > LONGEST_NAME:
            return None
        return _healthy(
            (
                *(surname, given_name, patronymic, name, key, words),
                *(phone, note, reason, values, russian_repairs(cell)),
            )
        )

    def _parts(self, cells: Sequence[str]) -> _Parts | None:
        if self._full_name is not None:
            return None if self._has_both else self._of_full_name(cells[self._full_name])
        surname, given_name, patronymic = self._surname, self._given_name, self._patronymic
        first = _NO_PART if surname is None else self._part(cells[surname])
        second = _NO_PART if given_name is None else self._part(cells[given_name])
        third = _NO_PART if patronymic is None else self._part(cells[patronymic])
        if first is None or second is None or third is None:
            return None
        return first, second, third

    def _of_full_name(self, cell: str) -> _Parts | None:
        if not cell.isprintable() or cell[:1] == "#":
            return None
        first, second, third = map(self._part, parts_of(cell))
        if first is None or second is None or third is None:
            return None
        return first, second, third

    def _read_part(self, cell: str) -> _Part | None:
        text = cleaned(cell)
        if not text:
            return _NO_PART
        key = search_key(text)
        is_usual = text.isprintable() and cell[0] != "#"
        if not is_usual or max(len(text), len(key)) > LONGEST_NAME_PART:
            return None
        return _Part(text, key, word_lexemes(self._organisation_id, key))

    def _read_value(self, field_id: str, kind: str, cell: str) -> _Value | None:
        value = read_value(kind, cell)
        if isinstance(value, Fault) or cell[:1] == "#":
            return None
        if not value:
            return _NO_VALUE
        return _Value(value, field_lexemes(self._organisation_id, field_id, value))


def _plain(cell: str, limit: int) -> str | None:
    if not cell:
        return ""
    if not cell.isprintable() or len(cell) > limit or cell[0] == "#":
        return None
    return cell.strip()


def _joined(parts: Iterable[str]) -> str:
    return " ".join(filter(None, parts))
