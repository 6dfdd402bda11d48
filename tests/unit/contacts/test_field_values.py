"""Values of an organisation's own fields, as they are written and kept."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.fields.values import ValueFault, ValueRefused, shown_date, stored_value

KINDS = ("text", "date", "number")


@pytest.mark.parametrize("written", ["1986-11-24", "24.11.1986", " 24.11.1986 "])
def test_a_date_is_kept_as_iso(written: str) -> None:
    assert stored_value("date", written) == "1986-11-24"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1 200,50", "1200.5"),
        ("1\u00a0200", "1200"),
        ("007", "7"),
        ("-0,0", "0"),
        ("+3.10", "3.1"),
        ("−5", "-5"),
        ("100", "100"),
    ],
)
def test_a_number_is_kept_with_a_point_and_no_idle_zeros(written: str, kept: str) -> None:
    assert stored_value("number", written) == kept


@pytest.mark.parametrize(
    "written",
    ["31.02.2020", "2020-13-01", "24.11", "вчера", "00.00.0000", "24.11.86", "0999-01-01"],
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        stored_value("date", written)
    assert refusal.value.code is ValueFault.NOT_A_DATE


@pytest.mark.parametrize("written", ["1e5", "12a", "1,2,3", "٣", "--1", "NaN", "1" * 16])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        stored_value("number", written)
    assert refusal.value.code is ValueFault.NOT_A_NUMBER


def test_a_text_over_300_characters_is_refused_with_the_limit() -> None:
    assert len(stored_value("text", "x" * 300)) == 300
    with pytest.raises(ValueRefused) as refusal:
        stored_value("text", "x" * 301)
    assert refusal.value.data == {"limit": 300}


@pytest.mark.parametrize("kind", KINDS)
def test_blanks_are_nothing(kind: str) -> None:
    assert stored_value(kind, " \t\n ") == ""


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_in_both_spellings(day: date) -> None:
    assert stored_value("date", day.isoformat()) == day.isoformat()
    local = f"{day.day:02}.{day.month:02}.{day.year}"
    assert shown_date(stored_value("date", local)) == day


@given(st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=9))
def test_a_number_keeps_its_value(number: Decimal) -> None:
    assert Decimal(stored_value("number", f"{number:f}")) == number


@given(st.sampled_from(KINDS), st.text(max_size=400))
def test_what_is_kept_is_kept_as_it_is_when_written_again(kind: str, written: str) -> None:
    try:
        kept = stored_value(kind, written)
    except ValueRefused:
        return
    assert stored_value(kind, kept) == kept
