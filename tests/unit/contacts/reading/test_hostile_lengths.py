"""No cell and no file of any length makes the time of reading grow with its square."""

import io
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings

from portal.contacts.fields.values import ValueRefused, stored_value
from portal.contacts.names import parts_of
from portal.contacts.reading import FileRefused, fold_heading, guess_meanings, preview, recognise
from portal.contacts.reading import rows as rows_of
from portal.contacts.reading.meanings import is_known_heading, looks_like_data
from portal.contacts.reading.phones import read_phone
from portal.contacts.reading.values import read_value
from portal.contacts.reading.xlsx.workbook import unescaped
from tests.unit.contacts.reading.files import doctor
from tests.unit.contacts.reading.test_xlsx import styled_by
from tests.unit.growth import HOSTILE, assert_linear

_COLUMNS = ("phone", "surname", "given_name", "patronymic", "note", "field:1", "field:2", "field:3")


def read_as(name: str, content: str) -> None:
    source = io.BytesIO(content.encode("utf-8", "replace"))
    with suppress(FileRefused):
        reading = recognise(source, name)
        preview(source, reading)
        for _row in rows_of(source, reading):
            pass


def examined(*cells: str) -> None:
    found = doctor(*_COLUMNS)
    found.examine(cells)
    found.examine_closely(cells)


def a_value(kind: str, text: str) -> None:
    read_value(kind, text)
    with suppress(ValueRefused):
        stored_value(kind, text)


DOORS: dict[str, Callable[[str], object]] = {
    "number": lambda text: read_phone(text, countries=("RU", "DE")),
    "number in a row": lambda text: examined(text, *[""] * 7),
    "names in a row": lambda text: examined("79210000000", text, text, text, *[""] * 4),
    "full name": parts_of,
    "values in a row": lambda text: examined("79210000000", "", "", "", text, text, text, text),
    "date": lambda text: a_value("date", text),
    "number of a field": lambda text: a_value("number", text),
    "text of a field": lambda text: a_value("text", text),
    "heading": lambda text: (fold_heading(text), is_known_heading(text), looks_like_data(text)),
    "guess": lambda text: guess_meanings([text, text], [[text, text]] * 3, [], {}),
    "escapes": unescaped,
    "number format": lambda text: recognise(styled_by(text), "people.xlsx"),
    "csv": lambda text: read_as("people.csv", f"Имя;Телефон\n{text}"),
    "pasted text": lambda text: read_as("", text),
    "card": lambda text: read_as("people.vcf", f"BEGIN:VCARD\nN:{text}\nTEL:{text}\nEND:VCARD"),
    "birthday": lambda text: read_as("people.vcf", f"BEGIN:VCARD\nBDAY:{text}\nEND:VCARD"),
}


@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=12, deadline=None)
@given(hostile=HOSTILE)
@example(hostile=(" (", "!"))
@example(hostile=(" ", "x"))
@example(hostile=("\u0301\u0316", ""))
@example(hostile=("[", ""))
@example(hostile=("\n", "x"))
@example(hostile=("1,", "!"))
def test_time_grows_as_the_text_does(door: str, hostile: tuple[str, str]) -> None:
    assert_linear(DOORS[door], *hostile)
