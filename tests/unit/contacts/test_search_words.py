"""Lexemes as PostgreSQL takes them."""

from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.search_words import (
    day_lexeme,
    lexemes,
    quoted,
    search_key,
    value_lexeme,
    word_lexeme,
)


@given(
    name=st.text(max_size=40),
    values=st.dictionaries(st.sampled_from(["1", "22"]), st.text(max_size=20), max_size=2),
)
def test_they_are_the_quoted_words_and_values_in_order(name: str, values: dict[str, str]) -> None:
    key = search_key(name)
    expected = [quoted(word_lexeme(7, word)) for word in key.split()]
    expected += [quoted(value_lexeme(7, field, value)) for field, value in values.items()]
    assert lexemes(7, key, values) == " ".join(expected)


def test_a_date_has_its_month_and_its_day_beside_it() -> None:
    days = [value_lexeme(7, 3, "1986-11-24"), day_lexeme(7, 3, 11, None), day_lexeme(7, 3, 11, 24)]
    assert lexemes(7, "", {"3": "1986-11-24"}) == " ".join(map(quoted, days))
