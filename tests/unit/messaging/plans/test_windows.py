"""When a message may leave."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.messaging.plans.windows import is_within, leaving_time

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")
# Their clocks change at two, at midnight, by half an hour, never, and at one on Fridays.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Cairo",
    )
]
TIMES = st.times().map(lambda drawn: drawn.replace(second=0, microsecond=0))
# Days about which clocks are put forward or back, and others.
NEAR_CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 28, tzinfo=UTC),
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 3, 7, tzinfo=UTC),
        datetime(2026, 10, 31, tzinfo=UTC),
        datetime(2026, 4, 4, tzinfo=UTC),
        datetime(2026, 10, 3, tzinfo=UTC),
        datetime(2026, 4, 23, tzinfo=UTC),
        datetime(2026, 10, 29, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=UTC),
    ]
)


def leaves(written: datetime, hours: tuple[str, str], zone: ZoneInfo = MOSCOW) -> datetime:
    """As the clocks of the zone show it."""
    opens, closes = map(time.fromisoformat, hours)
    moment = leaving_time(
        written.replace(tzinfo=zone), zone=zone, window_from=opens, window_until=closes
    )
    return moment.astimezone(zone).replace(tzinfo=None)


def test_within_the_window_it_leaves_at_once() -> None:
    assert leaves(datetime(2026, 11, 24, 12, 34, 56), ("09:00", "21:00")) == datetime(
        2026, 11, 24, 12, 34, 56
    )


def test_early_in_the_morning_it_waits_for_the_window() -> None:
    assert leaves(datetime(2026, 11, 24, 6), ("09:00", "21:00")) == datetime(2026, 11, 24, 9)


@pytest.mark.parametrize("hour", [21, 23])
def test_late_in_the_evening_it_waits_for_the_next_day(hour: int) -> None:
    assert leaves(datetime(2026, 12, 31, hour), ("09:00", "21:00")) == datetime(2027, 1, 1, 9)


@pytest.mark.parametrize(
    ("due", "leaving"),
    [
        (datetime(2026, 11, 24, 23, 30), datetime(2026, 11, 24, 23, 30)),
        (datetime(2026, 11, 24, 5, 59), datetime(2026, 11, 24, 5, 59)),
        (datetime(2026, 11, 24, 6), datetime(2026, 11, 24, 22)),
    ],
)
def test_a_window_may_go_over_midnight(due: datetime, leaving: datetime) -> None:
    assert leaves(due, ("22:00", "06:00")) == leaving


def test_without_a_window_it_leaves_when_it_is_due() -> None:
    due = datetime(2026, 11, 24, 3, tzinfo=MOSCOW)

    assert leaving_time(due, zone=BERLIN, window_from=None, window_until=None) == due


def test_the_clocks_of_the_named_zone_count() -> None:
    due = datetime(2026, 11, 24, 3, tzinfo=UTC)
    morning, evening = time(9), time(21)

    in_moscow = leaving_time(due, zone=MOSCOW, window_from=morning, window_until=evening)
    in_berlin = leaving_time(due, zone=BERLIN, window_from=morning, window_until=evening)

    assert in_moscow == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert in_berlin == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_where_the_clocks_skip_its_beginning_it_opens_when_they_go_on() -> None:
    assert leaves(datetime(2026, 3, 29, 1), ("02:30", "05:00"), BERLIN) == datetime(2026, 3, 29, 3)


def test_where_the_clocks_skip_all_of_it_the_next_day_is_waited_for() -> None:
    assert leaves(datetime(2026, 3, 29, 1), ("02:10", "02:50"), BERLIN) == datetime(
        2026, 3, 30, 2, 10
    )


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    just_closed = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)

    again = leaving_time(
        just_closed, zone=BERLIN, window_from=time(2, 10), window_until=time(2, 40)
    )

    assert again == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)


def test_a_day_that_the_calendar_skips_is_passed_over() -> None:
    assert leaves(datetime(2011, 12, 29, 22), ("09:00", "21:00"), APIA) == datetime(2011, 12, 31, 9)


@settings(deadline=None)
@given(NEAR_CHANGES, st.integers(0, 3 * 24 * 60), st.sampled_from(ZONES), TIMES, TIMES)
def test_it_leaves_at_the_first_minute_that_the_clocks_show_within_the_window(
    day: datetime, minutes: int, zone: ZoneInfo, opens: time, closes: time
) -> None:
    assume(opens != closes)
    due = moment = day + timedelta(minutes=minutes)
    while not is_within(moment.astimezone(zone).time(), opens, closes):
        moment += timedelta(minutes=1)

    assert leaving_time(due, zone=zone, window_from=opens, window_until=closes) == moment
