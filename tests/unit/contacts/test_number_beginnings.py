"""What typed digits may be the beginning of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.number_beginnings import number_beginnings


@pytest.mark.parametrize(
    ("query", "countries", "expected"),
    [
        ("+7 (921) 00", ["RU"], ["792100"]),
        ("8 921", ["RU"], ["7921", "8921"]),
        ("8", ["RU"], ["7", "8"]),
        ("921", ["KZ"], ["7921", "921"]),
        ("7921", ["RU"], ["77921", "7921"]),
        ("7", ["RU"], ["7"]),
        ("921", ["BY"], ["921"]),
        ("+8 921", ["RU"], ["8921"]),
        ("", ["RU"], []),
        ("()", ["RU"], []),
        ("٩", ["RU"], []),
    ],
)
def test_digits_are_read_as_the_countries_write_them(
    query: str, countries: list[str], expected: list[str]
) -> None:
    assert number_beginnings(query, countries) == expected


@given(st.text(alphabet="0123456789+- ()a"), st.sampled_from([["RU"], ["BY"], []]))
def test_no_number_is_found_by_two_of_them(query: str, countries: list[str]) -> None:
    starts = number_beginnings(query, countries)

    assert starts == sorted(starts)
    assert not any(one.startswith(other) for one in starts for other in starts if one is not other)
