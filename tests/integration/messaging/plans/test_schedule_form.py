"""The form's section on when a mailing leaves."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.http import QueryDict

from portal.accounts.models import Organisation
from portal.contacts.models import FieldKind
from portal.core.errors import Refused
from portal.messaging.plans.forms import ScheduleForm
from portal.messaging.plans.recurrence import (
    LAST_DAY,
    Birthdays,
    EveryDays,
    Monthly,
    Rule,
    Weekly,
)
from portal.messaging.plans.schedule import Schedule
from tests.factories import ContactFieldFactory, OrganisationFactory

# A Tuesday, 12:00 in Moscow and 10:00 in Berlin.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
Filled = Callable[..., ScheduleForm]


@pytest.fixture
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def organisation(db: None) -> Organisation:
    return OrganisationFactory(time_zone="Europe/Moscow")


def typed(**values: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(f"when-{name}", value if isinstance(value, list) else [value])
    return data


@pytest.fixture
def filled(organisation: Organisation) -> Filled:
    def fill(**values: Any) -> ScheduleForm:
        form = ScheduleForm(typed(**values), organisation=organisation)
        form.is_valid()
        return form

    return fill


ONCE = {"mode": "once", "day": "2026-11-25", "at": "10:00"}
TOMORROW_AT_TEN = datetime(2026, 11, 25, 7, tzinfo=UTC)
DAILY = {"mode": "repeating", "every": "days", "interval": "1", "at": "10:00"}


def test_at_once_needs_nothing_more(filled: Filled) -> None:
    form = filled(mode="now")

    assert form.is_valid()
    assert form.schedule == Schedule()


def test_a_time_is_on_the_organisations_clocks(filled: Filled) -> None:
    form = filled(**ONCE)

    assert form.is_valid()
    assert form.schedule.due_at == TOMORROW_AT_TEN


def test_a_day_to_be_late_is_proposed(filled: Filled) -> None:
    assert filled(**ONCE).schedule.expires_at == TOMORROW_AT_TEN + timedelta(days=1)


def test_how_late_it_may_leave_counts_from_when_the_hours_let_it(filled: Filled) -> None:
    form = filled(
        **{**ONCE, "at": "23:00"}, lifetime="3", window_from="09:00", window_until="21:00"
    )

    assert form.schedule.expires_at == datetime(2026, 11, 26, 9, tzinfo=UTC)


def test_it_may_be_of_no_use_after_a_date_and_time(filled: Filled) -> None:
    form = filled(**ONCE, lifetime="at", last_day="2026-11-25", last_at="18:00")

    assert form.schedule.expires_at == datetime(2026, 11, 25, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": "2026-11-24", "at": "11:59"}, "at"),
        ({"day": "2025-01-01"}, "at"),
        ({"day": "0001-01-01"}, "at"),
        ({"day": "9999-12-31"}, "at"),
        ({"day": "2029-12-31"}, "day"),
        ({"day": ""}, "day"),
        ({"day": "tomorrow"}, "day"),
        ({"at": ""}, "at"),
        ({"at": "25:00"}, "at"),
        ({"window_from": "09:00"}, "window_until"),
        ({"window_until": "09:00"}, "window_from"),
        ({"window_from": "09:00", "window_until": "09:00"}, "window_until"),
        ({"lifetime": "2"}, "lifetime"),
        ({"lifetime": "at"}, "last_day"),
        ({"lifetime": "at", "last_day": "2026-11-25"}, "last_at"),
        ({"lifetime": "at", "last_day": "2026-11-25", "last_at": "10:00"}, "last_at"),
        (
            {
                "lifetime": "at",
                "last_day": "2026-11-25",
                "last_at": "20:00",
                "window_from": "21:00",
                "window_until": "22:00",
            },
            "last_at",
        ),
        ({"mode": "sometime"}, "mode"),
    ],
)
def test_a_wrong_time_is_refused_beside_its_field_and_kept(
    filled: Filled, changes: dict[str, str], field: str
) -> None:
    form = filled(**{**ONCE, **changes})

    assert list(form.errors) == [field]
    assert all(form[name].value() == text for name, text in {**ONCE, **changes}.items())


def test_a_time_that_the_clocks_skip_is_refused_beside_it() -> None:
    berlin = OrganisationFactory(time_zone="Europe/Berlin")
    form = ScheduleForm(
        typed(mode="once", day="2027-03-28", at="02:30"), organisation=berlin, now=NOW
    )

    assert list(form.errors) == ["at"]
    assert form["at"].value() == "02:30"


def test_what_would_leave_too_late_for_recipients_far_away_is_refused() -> None:
    wide = OrganisationFactory(time_zone="Europe/Moscow", allowed_countries=["RU", "US"])
    values = {**ONCE, "lifetime": "1", "window_from": "09:00", "window_until": "12:00"}

    ours = ScheduleForm(typed(**values), organisation=wide)
    theirs = ScheduleForm(typed(**values, by_recipient_zone="on"), organisation=wide)

    assert ours.is_valid()
    assert list(theirs.errors) == ["lifetime"]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"every": "days", "interval": "3"}, EveryDays(3)),
        ({"every": "week", "weekdays": ["1", "5"]}, Weekly(frozenset({1, 5}))),
        ({"every": "month", "month_day": "31"}, Monthly(31)),
        ({"every": "month", "month_day": "0"}, Monthly(LAST_DAY)),
    ],
)
def test_it_may_leave_again_and_again(filled: Filled, values: dict[str, Any], rule: Rule) -> None:
    form = filled(**{**DAILY, **values})

    assert form.is_valid(), form.errors
    assert form.schedule.repeats
    assert form.schedule.repeats.rule == rule
    assert form.schedule.repeats.at == time(10)
    assert form.schedule.repeats.first == date(2026, 11, 24)


def test_what_repeats_is_due_at_its_next_time_and_may_be_as_late_each_time(filled: Filled) -> None:
    schedule = filled(**DAILY).schedule

    assert schedule.due_at == TOMORROW_AT_TEN
    assert schedule.expires_at == TOMORROW_AT_TEN + timedelta(days=1)


def test_birthdays_are_looked_for_in_a_date_field_of_the_organisation(
    filled: Filled, organisation: Organisation
) -> None:
    born = ContactFieldFactory(organisation=organisation, kind=FieldKind.DATE)
    city = ContactFieldFactory(organisation=organisation)
    theirs = ContactFieldFactory(kind=FieldKind.DATE)
    birthdays = {**DAILY, "every": "birthday"}

    good = filled(**birthdays, birthday_field=str(born.pk))

    assert good.schedule.repeats
    assert good.schedule.repeats.rule == Birthdays(born.pk)
    for wrong in (city.pk, theirs.pk, ""):
        assert list(filled(**birthdays, birthday_field=str(wrong)).errors) == ["birthday_field"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"every": "week"}, "weekdays"),
        ({"every": "week", "weekdays": ["8"]}, "weekdays"),
        ({"interval": "0"}, "interval"),
        ({"interval": ""}, "interval"),
        ({"interval": "1e3"}, "interval"),
        ({"every": "month", "month_day": ""}, "month_day"),
        ({"every": "month", "month_day": "32"}, "month_day"),
        ({"at": ""}, "at"),
        ({"until": "2026-11-23"}, "until"),
        ({"first": "1999-01-01"}, "first"),
        ({"first": "2031-01-01"}, "first"),
        ({"lifetime": "at"}, "lifetime"),
    ],
)
def test_a_rule_that_says_too_little_is_refused_beside_its_field(
    filled: Filled, changes: dict[str, Any], field: str
) -> None:
    assert list(filled(**{**DAILY, **changes}).errors) == [field]


def test_what_is_typed_rightly_is_kept_beside_what_is_not(filled: Filled) -> None:
    form = filled(**{**ONCE, "at": "late"}, window_from="09:00", window_until="21:00")

    assert not form.is_valid()
    assert (form.schedule.window_from, form.schedule.window_until) == (time(9), time(21))


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "now", "window_from": "09:00", "window_until": "21:00"},
        ONCE,
        {**ONCE, "lifetime": "at", "last_day": "2026-11-26", "last_at": "11:30"},
        {**ONCE, "window_from": "22:00", "window_until": "06:00", "by_recipient_zone": "on"},
        {**DAILY, "interval": "5", "until": "2027-01-31", "lifetime": "3"},
        {**DAILY, "every": "week", "weekdays": ["2", "7"]},
        {**DAILY, "every": "month", "month_day": "0"},
    ],
)
def test_what_was_kept_is_shown_to_be_changed(
    filled: Filled, organisation: Organisation, values: dict[str, Any]
) -> None:
    kept = filled(**values).schedule

    assert ScheduleForm.of(kept, organisation=organisation).checked.schedule == kept


def test_a_form_shown_as_it_was_typed_says_nothing_yet(organisation: Organisation) -> None:
    data = typed(**{**ONCE, "at": "25:00"})

    form = ScheduleForm.as_typed(data, organisation=organisation)

    assert form["at"].value() == "25:00"
    assert not form.errors


def test_a_page_without_the_section_leaves_at_once(organisation: Organisation) -> None:
    assert ScheduleForm.as_typed(QueryDict(), organisation=organisation)["mode"].value() == "now"


def test_a_services_refusal_stands_beside_what_it_is_about(filled: Filled) -> None:
    form = filled(**ONCE)

    form.refuse(Refused("too early", field="due_at"))

    assert form.errors == {"at": ["too early"]}
