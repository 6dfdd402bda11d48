"""What the section on time says while it is filled in."""

from collections.abc import Callable
from datetime import UTC, datetime

import time_machine
from django.urls import reverse

from tests.integration.messaging.desk import Desk

WHEN = reverse("messaging:when")
# 12:00 in Moscow.
NOON = time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=UTC), tick=False)
ONCE = {"when-mode": "once", "when-day": "2026-11-25", "when-at": "10:00"}
DesksOf = Callable[..., Desk]


def said(desk: Desk, **values: object) -> str:
    return desk.client.post(WHEN, values).content.decode()


@NOON
def test_the_day_of_the_week_stands_by_the_date(desk: Desk) -> None:
    assert "Wednesday" in said(desk, **ONCE)


@NOON
def test_of_what_repeats_the_next_five_times_are_shown(desk: Desk) -> None:
    words = said(
        desk,
        **{"when-mode": "repeating", "when-every": "days", "when-interval": "7"},
        **{"when-at": "10:00"},
    )

    assert words.count("<li>") == 5
    assert "2026-12-29T10:00" in words


@NOON
def test_with_hours_on_the_recipients_clocks_the_first_and_the_last_are_told(
    desk_of: DesksOf,
) -> None:
    desk = desk_of(allowed_countries=["RU", "KZ", "DE"])

    words = said(
        desk,
        **ONCE,
        **{"when-window_from": "11:00", "when-window_until": "20:00"},
        **{"when-by_recipient_zone": "on"},
    )

    # In Moscow at eleven, in Berlin two hours later.
    assert "2026-11-25T11:00:00+03:00" in words
    assert "25 Nov 2026 13:00" in words


@NOON
def test_what_is_wrong_is_said_and_what_is_missing_is_not(desk: Desk) -> None:
    past = said(desk, **{**ONCE, "when-day": "2026-11-23"})
    unfinished = said(desk, **{**ONCE, "when-at": ""})

    assert "text-danger" in past
    assert "text-danger" not in unfinished
