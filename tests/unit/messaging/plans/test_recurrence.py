"""When a repeating mailing leaves."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.messaging.plans.recurrence import (
    LAST_DAY,
    Birthdays,
    EveryDays,
    Monthly,
    Recurrence,
    RecurrenceBroken,
    Rule,
    Weekly,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in ("Europe/Moscow", "Europe/Berlin", "America/Havana", "Pacific/Auckland")
    ]
)
RULES = st.one_of(
    st.builds(EveryDays, st.integers(1, 366)),
    st.builds(Weekly, st.frozensets(st.integers(1, 7), min_size=1)),
    st.builds(Monthly, st.integers(LAST_DAY, 31)),
    st.builds(Birthdays, st.integers(1, 99)),
)
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
TIMES = st.times().map(lambda drawn: drawn.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
RECURRENCES = st.builds(Recurrence, RULES, TIMES, DAYS)


def shown(
    rule: Rule,
    *,
    after: datetime,
    at: str = "09:30",
    first: date = date(2026, 1, 1),
    until: date | None = None,
    zone: ZoneInfo = BERLIN,
) -> list[str]:
    """The next five times, as the clocks of the zone show them."""
    recurrence = Recurrence(rule, time.fromisoformat(at), first, until)
    times = recurrence.next_five(after.replace(tzinfo=zone), zone=zone)
    return [moment.astimezone(zone).strftime("%d.%m.%Y %H:%M") for moment in times]


def test_every_third_day_counts_from_the_first() -> None:
    assert shown(EveryDays(3), first=date(2026, 11, 20), after=datetime(2026, 11, 24)) == [
        "26.11.2026 09:30",
        "29.11.2026 09:30",
        "02.12.2026 09:30",
        "05.12.2026 09:30",
        "08.12.2026 09:30",
    ]


def test_todays_time_is_the_next_until_it_has_come() -> None:
    before, after = datetime(2026, 11, 24, 9, 29), datetime(2026, 11, 24, 9, 30)

    assert shown(EveryDays(), after=before)[0] == "24.11.2026 09:30"
    assert shown(EveryDays(), after=after)[0] == "25.11.2026 09:30"


def test_nothing_falls_before_the_first_day() -> None:
    first = date(2027, 2, 1)

    assert shown(EveryDays(), first=first, after=datetime(2026, 11, 24))[0] == "01.02.2027 09:30"


def test_on_days_of_the_week() -> None:
    tuesdays_and_fridays = Weekly(frozenset({2, 5}))

    assert shown(tuesdays_and_fridays, after=datetime(2026, 11, 24, 12))[:3] == [
        "27.11.2026 09:30",
        "01.12.2026 09:30",
        "04.12.2026 09:30",
    ]


@pytest.mark.parametrize("day", [31, LAST_DAY])
def test_a_month_too_short_for_the_31st_has_it_on_its_last_day(day: int) -> None:
    assert shown(Monthly(day), after=datetime(2027, 12, 31, 10)) == [
        "31.01.2028 09:30",
        "29.02.2028 09:30",
        "31.03.2028 09:30",
        "30.04.2028 09:30",
        "31.05.2028 09:30",
    ]


def test_the_30th_is_not_the_last_of_a_longer_month() -> None:
    assert shown(Monthly(30), after=datetime(2027, 1, 1))[:3] == [
        "30.01.2027 09:30",
        "28.02.2027 09:30",
        "30.03.2027 09:30",
    ]


def test_the_last_day_is_included_and_nothing_comes_after_it() -> None:
    assert shown(EveryDays(), until=date(2026, 11, 26), after=datetime(2026, 11, 24, 10)) == [
        "25.11.2026 09:30",
        "26.11.2026 09:30",
    ]


def test_nothing_is_next_once_it_is_over() -> None:
    over = Recurrence(EveryDays(), time(9), date(2026, 1, 1), date(2026, 1, 31))

    assert over.next_after(datetime(2026, 2, 1, tzinfo=UTC), zone=BERLIN) is None


def test_a_time_that_the_clocks_skip_is_as_much_later() -> None:
    assert shown(EveryDays(), at="02:30", after=datetime(2027, 3, 27, 12))[:2] == [
        "28.03.2027 03:30",
        "29.03.2027 02:30",
    ]


def test_of_a_time_that_comes_twice_the_first_alone_is_meant() -> None:
    daily = Recurrence(EveryDays(), time(2, 30), date(2026, 1, 1))

    assert daily.next_five(datetime(2026, 10, 24, 12, tzinfo=UTC), zone=BERLIN)[:2] == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_a_day_that_the_calendar_skips_makes_no_second_time() -> None:
    daily = Recurrence(EveryDays(), time(9), date(2011, 1, 1))
    apia = ZoneInfo("Pacific/Apia")

    times = daily.next_five(datetime(2011, 12, 29, tzinfo=apia), zone=apia)

    assert len(set(times)) == 5
    assert times == sorted(times)


@settings(deadline=None)
@given(RECURRENCES, MOMENTS, ZONES)
def test_times_only_go_on(recurrence: Recurrence, moment: datetime, zone: ZoneInfo) -> None:
    times = recurrence.next_five(moment, zone=zone)

    assert len(times) == 5
    assert all(earlier < later for earlier, later in pairwise([moment, *times]))


@settings(deadline=None)
@given(RECURRENCES, MOMENTS, ZONES)
def test_each_is_on_its_day_at_its_time_of_day(
    recurrence: Recurrence, moment: datetime, zone: ZoneInfo
) -> None:
    for each in recurrence.next_five(moment, zone=zone):
        local = each.astimezone(zone)
        put_forward = local.utcoffset() != (local - timedelta(hours=2)).utcoffset()
        assert local.time() == recurrence.at or put_forward
        assert is_a_day_of(recurrence, local.date())
        assert local.date() >= recurrence.first


def is_a_day_of(recurrence: Recurrence, day: date) -> bool:
    match recurrence.rule:
        case EveryDays(interval):
            return (day.toordinal() - recurrence.first.toordinal()) % interval == 0
        case Weekly(weekdays):
            return day.weekday() + 1 in weekdays
        case Monthly(number):
            last = monthrange(day.year, day.month)[1]
            return day.day == min(number or last, last)
        case _:
            return True


@settings(deadline=None)
@given(RECURRENCES, MOMENTS, ZONES)
def test_none_is_passed_over(recurrence: Recurrence, moment: datetime, zone: ZoneInfo) -> None:
    following = recurrence.next_after(moment, zone=zone)
    assert following is not None
    day = max(moment.astimezone(zone).date() + timedelta(days=1), recurrence.first)
    while day < following.astimezone(zone).date():
        assert not is_a_day_of(recurrence, day)
        day += timedelta(days=1)


@given(RECURRENCES, st.none() | st.integers(0, 400))
def test_it_is_written_and_read_again(recurrence: Recurrence, days: int | None) -> None:
    until = None if days is None else recurrence.first + timedelta(days=days)
    kept = Recurrence(recurrence.rule, recurrence.at, recurrence.first, until)

    assert Recurrence.from_dict(kept.as_dict()) == kept


GOOD: dict[str, Any] = {"every": "days", "interval": 3, "first": "2026-11-24", "at": "09:30"}
WEEK = {"every": "week", "weekdays": [1, 5], "first": "2026-11-24", "at": "09:30"}


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "days",
        {},
        GOOD | {"every": "hour"},
        GOOD | {"every": ["days"]},
        GOOD | {"interval": 0},
        GOOD | {"interval": 367},
        GOOD | {"interval": True},
        GOOD | {"interval": "3"},
        GOOD | {"interval": 1.0},
        GOOD | {"at": "9:30"},
        GOOD | {"at": "09:30+03:00"},
        GOOD | {"at": "24:00"},
        GOOD | {"at": "09:30:15"},
        GOOD | {"at": 930},
        GOOD | {"first": "20261124"},
        GOOD | {"first": "2026-02-30"},
        GOOD | {"first": "9999-12-31"},
        GOOD | {"first": None},
        GOOD | {"until": None},
        GOOD | {"until": "2026-11-23"},
        GOOD | {"weekdays": [1]},
        {"every": "days", "first": "2026-11-24", "at": "09:30"},
        WEEK | {"weekdays": []},
        WEEK | {"weekdays": [1, 1]},
        WEEK | {"weekdays": [0]},
        WEEK | {"weekdays": [8]},
        WEEK | {"weekdays": {"1": 2}},
        {"every": "month", "day": 32, "first": "2026-11-24", "at": "09:30"},
        {"every": "month", "day": -1, "first": "2026-11-24", "at": "09:30"},
        {"every": "birthday", "field": 0, "first": "2026-11-24", "at": "09:30"},
        {"every": "birthday", "field": "name", "first": "2026-11-24", "at": "09:30"},
    ],
)
def test_json_of_another_grammar_is_refused(broken: object) -> None:
    with pytest.raises(RecurrenceBroken):
        Recurrence.from_dict(broken)
