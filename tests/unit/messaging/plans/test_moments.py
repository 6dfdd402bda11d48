"""What a written time means on the clocks of a zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Refused
from portal.messaging.plans.moments import moment_meant

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["Europe/Moscow", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"])


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        moment_meant(datetime(2025, 3, 30, 2, 30), zone=BERLIN)

    assert refused.value.field == "due_at"


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    moment = moment_meant(datetime(2025, 10, 26, 2, 30), zone=BERLIN)

    assert moment.astimezone(UTC) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_an_offset_of_ones_own_is_kept() -> None:
    written = datetime(2025, 3, 30, 2, 30, tzinfo=UTC)

    assert moment_meant(written, zone=BERLIN) is written


@given(st.datetimes(datetime(2000, 1, 1), datetime(2036, 12, 31)), ZONES)
def test_the_moment_shows_as_it_was_written_or_is_refused(written: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    try:
        moment = moment_meant(written, zone=zone)
    except Refused:
        return

    assert moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == written
