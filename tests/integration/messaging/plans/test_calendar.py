"""The calendar of what leaves."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.messaging.models import Mailing, Stage
from portal.messaging.plans.calendar import SHOWN_A_DAY
from portal.messaging.plans.recurrence import EveryDays, Recurrence, Weekly
from tests.factories import MailingFactory, submit_message

CALENDAR = reverse("messaging:calendar")
SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def november() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 24, 9, tzinfo=UTC), tick=False):
        yield


def planned(author: User, due_at: datetime, **fields: Any) -> Mailing:
    values = {"author": author, "planned": True, "due_at": due_at, **fields}
    mailing: Mailing = MailingFactory(**values)
    return mailing


def days(client: Client, month: str = "2026-12") -> dict[date, list[Any]]:
    """What leaves on each day of the page on which anything does."""
    weeks = client.get(CALENDAR, {"month": month}).context["month"].weeks
    return {
        day.date: [entry.mailing or entry.message for entry in day.entries]
        for week in weeks
        for day in week
        if day.entries
    }


def test_weeks_begin_on_monday_and_are_whole(browser_of: SignIn, sender: User) -> None:
    weeks = browser_of(sender).get(CALENDAR, {"month": "2026-12"}).context["month"].weeks

    assert weeks[0][0].date == date(2026, 11, 30)
    assert weeks[-1][-1].date == date(2027, 1, 3)
    assert {len(week) for week in weeks} == {7}


@pytest.mark.parametrize("asked", ["", "2026-13", "0001-01", "9999-12", "december", "2026-12-01"])
def test_without_a_month_it_is_todays(browser_of: SignIn, sender: User, asked: str) -> None:
    month = browser_of(sender).get(CALENDAR, {"month": asked}).context["month"]

    assert month.first == date(2026, 11, 1)
    assert [day.date for week in month.weeks for day in week if day.is_today] == [
        date(2026, 11, 24)
    ]


def test_a_mailing_is_on_its_day_on_the_organisations_clocks(
    browser_of: SignIn, sender: User
) -> None:
    after_midnight_in_moscow = planned(sender, datetime(2026, 12, 4, 22, tzinfo=UTC))

    assert days(browser_of(sender)) == {date(2026, 12, 5): [after_midnight_in_moscow]}


def test_one_that_waits_for_approval_is_there_and_a_cancelled_one_is_not(
    browser_of: SignIn, sender: User
) -> None:
    due = datetime(2026, 12, 4, 9, tzinfo=UTC)
    waits = planned(sender, due, stage=Stage.IN_APPROVAL)
    planned(sender, due, stage=Stage.CANCELLED)

    assert days(browser_of(sender)) == {date(2026, 12, 4): [waits]}


def test_a_repeating_one_is_there_each_time_from_its_next_on(
    browser_of: SignIn, sender: User
) -> None:
    rule = Recurrence(
        Weekly(frozenset({5})), time(10), first=date(2026, 1, 1), until=date(2026, 12, 20)
    )
    weekly = planned(
        sender, datetime(2026, 12, 11, 7, tzinfo=UTC), stage=Stage.REPEATING, repeats=rule.as_dict()
    )

    assert days(browser_of(sender)) == {
        date(2026, 12, 11): [weekly],
        date(2026, 12, 18): [weekly],
    }


def test_a_message_that_waits_in_the_queue_is_there(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender, due_at=datetime(2026, 12, 4, 9, tzinfo=UTC))

    assert days(browser_of(sender)) == {date(2026, 12, 4): [message]}


def test_a_day_is_in_the_order_of_its_hours(browser_of: SignIn, sender: User) -> None:
    late = planned(sender, datetime(2026, 12, 4, 15, tzinfo=UTC))
    message = submit_message(sender, due_at=datetime(2026, 12, 4, 9, tzinfo=UTC))
    early = planned(sender, datetime(2026, 12, 4, 6, tzinfo=UTC))

    assert days(browser_of(sender)) == {date(2026, 12, 4): [early, message, late]}


def test_a_full_day_says_how_many_more(browser_of: SignIn, sender: User) -> None:
    for _ in range(SHOWN_A_DAY + 2):
        planned(sender, datetime(2026, 12, 4, 9, tzinfo=UTC))

    page = browser_of(sender).get(CALENDAR, {"month": "2026-12"}).content.decode()

    assert "and 2 more" in page


def test_a_month_without_anything_says_so(browser_of: SignIn, sender: User) -> None:
    page = browser_of(sender).get(CALENDAR, {"month": "2027-05"}).content.decode()

    assert "Nothing is to leave in this month." in page


def test_others_see_what_is_theirs_to_see(
    browser_of: SignIn, sender: User, manager: User, stranger: User
) -> None:
    due = datetime(2026, 12, 4, 9, tzinfo=UTC)
    rule = Recurrence(EveryDays(), time(10), first=date(2026, 12, 1)).as_dict()
    managers = planned(manager, due)
    planned(manager, due, stage=Stage.REPEATING, repeats=rule)
    submit_message(manager, due_at=due)

    assert days(browser_of(stranger)) == {}
    assert days(browser_of(sender)) == {}
    assert managers in days(browser_of(manager))[date(2026, 12, 4)]


def test_the_lists_are_a_click_away(browser_of: SignIn, sender: User) -> None:
    page = browser_of(sender).get(CALENDAR).content.decode()

    assert f'href="{reverse("messaging:mailings")}?tab=drafts"' in page
