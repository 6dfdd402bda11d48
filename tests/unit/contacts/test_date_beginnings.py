"""Beginnings of dates before and after one."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.groups.date_beginnings import beginnings_after, beginnings_before


@given(st.dates(), st.dates())
def test_a_date_begins_so_where_it_is_earlier_or_later(one: date, other: date) -> None:
    assert str(one).startswith(tuple(beginnings_before(str(other)))) == (one < other)
    assert str(one).startswith(tuple(beginnings_after(str(other)))) == (one > other)


@given(st.dates())
def test_there_are_few_of_them(day: date) -> None:
    assert 0 < len(beginnings_before(str(day))) <= 72
    assert 0 < len(beginnings_after(str(day))) <= 72
