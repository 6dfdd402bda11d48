"""What the columns of a file are."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from portal.contacts.names import parts_of
from portal.contacts.search_words import folded


class Meaning(StrEnum):
    """Of a column; that of an organisation's own field is ``field:`` and its id."""

    SKIPPED = ""
    PHONE = "phone"
    NAME = "name"
    SURNAME = "surname"
    GIVEN_NAME = "given_name"
    PATRONYMIC = "patronymic"
    NOTE = "note"
    REASON = "reason"


class OwnField(NamedTuple):
    """An organisation's field; ``kind`` is text, date or number."""

    id: int
    name: str
    kind: str


_NAMES = (Meaning.NAME, Meaning.SURNAME, Meaning.GIVEN_NAME)
_HEADINGS = {
    Meaning.PHONE: (
        "телефон|мобильный|мобильный телефон|сотовый|сотовый телефон|номер телефона|номер|тел|моб|"
        "моб телефон|моб тел|телефон моб|телефон мобильный|контактный телефон|телефон клиента|"
        "phone|mobile|mobile phone|cell|cell phone|phone number|number|tel|telephone|msisdn|"
        "phone 1 value"
    ),
    Meaning.NAME: (
        "фио|ф и о|имя и фамилия|фамилия имя|фамилия имя отчество|полное имя|клиент|контакт|"
        "контактное лицо|получатель|абонент|сотрудник|name|full name|display name|contact|customer"
    ),
    Meaning.SURNAME: "фамилия|surname|last name|family name|lastname",
    Meaning.GIVEN_NAME: "имя|given name|first name|firstname",
    Meaning.PATRONYMIC: (
        "отчество|patronymic|middle name|second name|additional name|middlename|отчество клиента"
    ),
    Meaning.NOTE: "примечание|примечания|заметка|заметки|комментарий|note|notes|comment|comments",
    Meaning.REASON: "причина|основание|reason|причина отказа|stop reason",
}
_MEANING_BY_HEADING = {
    heading: meaning for meaning, headings in _HEADINGS.items() for heading in headings.split("|")
}
_BIRTHDAYS = frozenset(
    {"день рождения", "дата рождения", "др", "birthday", "birth date", "date of birth"}
)
# Known, and of no use: a heading row is told by them too.
_SKIPPED_HEADINGS = _BIRTHDAYS | {
    *("email", "e mail", "почта", "эл почта", "электронная почта", "адрес", "address"),
    *("id", "ид", "код", "пол", "город", "city", "организация", "компания", "organisation"),
    *("organization", "company", "должность", "more phones"),
}
_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:E\+?[0-9]+)?", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+){0,5}\.?")
_MOST = 0.8
_SOME = 0.25
_VARIED = 0.5
# Excel's spoilt numbers are numbers all the same.
_LIKE_A_PHONE = re.compile(
    r"[+(]?[78][0-9 ()+.,-]{9,20}|\(?9[0-9 ()-]{9,14}|[0-9](?:[.,][0-9]+)?E\+?[0-9]+",
    re.IGNORECASE,
)


# To fold takes the square of the length where a text is all combining marks.
_LONGEST_HEADING = 1_000
_LONGEST_FOLDED = 200


def fold_heading(heading: str) -> str:
    """As headings are remembered and compared: words without case and punctuation."""
    words = re.findall(r"\w+", folded(heading[:_LONGEST_HEADING]).replace("_", " "))
    return " ".join(words)[:_LONGEST_FOLDED]


def is_known_heading(cell: str) -> bool:
    heading = fold_heading(cell)
    return heading in _MEANING_BY_HEADING or heading in _SKIPPED_HEADINGS


def looks_like_data(cell: str) -> bool:
    """A number or a date: nothing that a heading would be."""
    cell = cell.strip()
    return bool(_looks_like_phone(cell) or _DATE.fullmatch(cell) or _NUMBER.fullmatch(cell))


def guess_meanings(
    headings: Sequence[str],
    sample: Sequence[Sequence[str]],
    fields: Sequence[OwnField],
    remembered: Mapping[str, str],
    *,
    wants_reason: bool = False,
) -> list[str]:
    """The meaning of each column: what is ``remembered`` of its folded heading, else what the
    heading says, else what the ``sample`` of rows looks like.

    No meaning is given to two columns. ``wants_reason``: for the stop list.
    """
    by_heading = _by_heading(fields, wants_reason=wants_reason)
    possible = {"", *(meaning for meanings in by_heading.values() for meaning in meanings)}
    known = by_heading | {fold: [each] for fold, each in remembered.items() if each in possible}
    width = max([len(headings), *(len(row) for row in sample)], default=0)
    folds = [fold_heading(heading) for heading in headings] + [""] * (width - len(headings))
    guesses: list[str] = []
    for fold in folds:
        meanings = known.get(fold, []) if fold else []
        guesses.append(next((each for each in meanings if each not in guesses), ""))
    unsaid = [
        column
        for column, fold in enumerate(folds)
        if fold not in known and fold not in _SKIPPED_HEADINGS
    ]
    columns = {column: _filled(sample, column) for column in unsaid}
    if Meaning.PHONE not in guesses:
        _guess_phone(guesses, columns)
    if Meaning.NAME in possible and not any(each in guesses for each in _NAMES):
        _guess_names(guesses, {each: columns[each] for each in unsaid if not folds[each]})
    return guesses


def _by_heading(fields: Sequence[OwnField], *, wants_reason: bool) -> dict[str, list[str]]:
    """What a folded heading may mean, likeliest first: our own files have two columns of a name
    where a field is called as a part of every contact is."""
    meanings: dict[str, list[str]] = {}
    for heading, meaning in _MEANING_BY_HEADING.items():
        if wants_reason and meaning is Meaning.NOTE:
            meaning = Meaning.REASON
        if meaning is Meaning.PHONE or (meaning is Meaning.REASON) == wants_reason:
            meanings[heading] = [meaning.value]
    for field in [] if wants_reason else fields:
        for heading in _headings_of(field):
            meanings.setdefault(heading, []).append(f"field:{field.id}")
    return meanings


def _headings_of(field: OwnField) -> set[str]:
    heading = fold_heading(field.name)
    is_birthday = field.kind == "date" and heading in _BIRTHDAYS
    return {heading, *_BIRTHDAYS} if is_birthday else {heading}


def _filled(sample: Sequence[Sequence[str]], column: int) -> list[str]:
    cells = (row[column].strip() for row in sample if column < len(row))
    return [cell for cell in cells if cell]


def _guess_phone(guesses: list[str], columns: Mapping[int, Sequence[str]]) -> None:
    for column, cells in columns.items():
        if _mostly(cells, _looks_like_phone):
            guesses[column] = Meaning.PHONE
            return


def _guess_names(guesses: list[str], columns: Mapping[int, Sequence[str]]) -> None:
    """A column of full names; or one of surnames with given names, and maybe patronymics, beside
    it; else the first column of words, of which those that repeat come last: towns, not people."""
    of_words = [
        column
        for column, cells in columns.items()
        if not guesses[column] and _mostly(cells, _is_words)
    ]
    for column in of_words:
        if _mostly(columns[column], _is_surname) and column + 1 in of_words:
            _name_parts(guesses, columns, column)
            return
    varied = [column for column in of_words if _is_varied(columns[column])] or of_words
    full = (each for each in varied if _share(columns[each], _has_space) > _SOME)
    column = next(full, next(iter(varied), -1))
    if column >= 0:
        guesses[column] = Meaning.NAME


def _is_varied(cells: Sequence[str]) -> bool:
    return len(set(cells)) > len(cells) * _VARIED


def _name_parts(guesses: list[str], columns: Mapping[int, Sequence[str]], surname: int) -> None:
    guesses[surname], guesses[surname + 1] = Meaning.SURNAME, Meaning.GIVEN_NAME
    if _mostly(columns.get(surname + 2, ()), _is_patronymic):
        guesses[surname + 2] = Meaning.PATRONYMIC


def _is_surname(cell: str) -> bool:
    return " " not in cell and bool(parts_of(cell).surname)


def _is_patronymic(cell: str) -> bool:
    return " " not in cell and bool(parts_of(f"Имя {cell}").patronymic)


def _has_space(cell: str) -> bool:
    return " " in cell


def _is_words(cell: str) -> bool:
    return bool(_WORDS.fullmatch(cell))


def _looks_like_phone(cell: str) -> bool:
    return bool(_LIKE_A_PHONE.fullmatch(cell.strip()))


def _mostly(cells: Sequence[str], holds: Callable[[str], bool]) -> bool:
    return _share(cells, holds) >= _MOST


def _share(cells: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, cells)) / len(cells) if cells else 0.0
