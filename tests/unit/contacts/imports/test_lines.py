"""Rows as lines of COPY, and back."""

from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.imports.lines import (
    COLUMNS,
    contact_line,
    is_numberless,
    phone_of,
    values,
    with_constants,
)
from portal.contacts.reading import Healthy

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def healthy(**parts: str) -> Healthy:
    fields = dict.fromkeys(Healthy._fields, "") | parts
    return Healthy(**{**fields, "field_values": {}, "repairs": ()})  # type: ignore[arg-type]


@given(st.lists(texts, min_size=8, max_size=8))
def test_a_line_keeps_whatever_a_row_says(parts: list[str]) -> None:
    names = [name for name in COLUMNS if name != "field_values"]
    row = healthy(**dict(zip(names, parts, strict=True)))

    line = contact_line(row)

    assert "\n" not in line
    found = dict(zip(COLUMNS, values(line.encode()), strict=True))
    assert {name: found[name] for name in names} == dict(zip(names, parts, strict=True))


def test_the_number_comes_first() -> None:
    line = contact_line(healthy(phone="79210000001", surname="Петров")).encode()

    assert phone_of(line) == "79210000001"
    assert not is_numberless(line)


def test_of_who_has_no_number_the_line_begins_with_none() -> None:
    line = contact_line(healthy(surname="Петров")).encode()

    assert phone_of(line) == ""
    assert is_numberless(line)


def test_constants_stand_before_every_line() -> None:
    assert with_constants([b"a\tb", b"c\td"], [7, None]) == b"7\t\\N\ta\tb\n7\t\\N\tc\td\n"
