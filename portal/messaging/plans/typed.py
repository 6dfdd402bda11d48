"""From what the form's section on time holds to a schedule, and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.core.errors import Refused
from portal.messaging.plans.moments import YEARS, moment_meant
from portal.messaging.plans.recurrence import (
    Birthdays,
    EveryDays,
    Monthly,
    Recurrence,
    Rule,
    Weekly,
)
from portal.messaging.plans.schedule import Schedule

NOW, ONCE, REPEATING = "now", "once", "repeating"
DAYS, WEEK, MONTH, BIRTHDAY = "days", "week", "month", "birthday"
# Of "not after": no time later than when it leaves, but a moment.
AT = "at"
# Long enough for a large mailing to leave, and for a server to be mended.
PROPOSED_HOURS = "24"
PROPOSED_LATENESS = timedelta(hours=int(PROPOSED_HOURS))
LIFETIMES = ("1", "3", "12", PROPOSED_HOURS, "72")
MOST_AHEAD = timedelta(days=2 * 366)


class Missing(Refused):
    """Something is yet to be typed."""


@dataclass(frozen=True)
class Typed:
    """``values``: of the form's fields, each None or empty where nothing right was typed. All
    methods raise ``Refused`` with the field at fault."""

    values: Mapping[str, Any]
    organisation: Organisation
    now: datetime

    @property
    def mode(self) -> str:
        return str(self.values.get("mode") or NOW)

    def window(self) -> tuple[time | None, time | None]:
        opens, closes = self.values.get("window_from"), self.values.get("window_until")
        if (opens is None) != (closes is None):
            missing = "window_from" if opens is None else "window_until"
            raise Missing(_("Write both times, or neither."), field=missing)
        if opens is not None and opens == closes:
            raise Refused(
                _("Both times are the same. Choose different ones, or clear both."),
                field="window_until",
            )
        return opens, closes

    def due(self) -> datetime | None:
        if self.mode != ONCE:
            return None
        due = self._moment("day", "at")
        if due < self.now:
            raise Refused(_("This time has passed. Choose a later one."), field="at")
        if due > self.now + MOST_AHEAD:
            raise Refused(_("Choose a date within two years from now."), field="day")
        return due

    def repeats(self) -> Recurrence | None:
        if self.mode != REPEATING:
            return None
        rule = _RULES[self.values.get("every") or DAYS](self.values)
        today = self.now.astimezone(self.organisation.zone).date()
        first, until = self.values.get("first") or today, self.values.get("until")
        if first.year not in YEARS or first > today + MOST_AHEAD:
            raise Refused(_("Choose a date within two years from now."), field="first")
        recurrence = Recurrence(rule, _needed(self.values, "at", _("Choose a time.")), first, until)
        if recurrence.next_after(self.now, zone=self.organisation.zone) is None:
            raise Refused(_("It would never leave by then. Choose a later date."), field="until")
        return recurrence

    def expires(self, schedule: Schedule) -> datetime | None:
        """Of ``schedule``, which has everything else."""
        if schedule.due_at is None:
            return None
        lifetime = self.values.get("lifetime") or PROPOSED_HOURS
        if lifetime != AT:
            leaves = schedule.leaves(schedule.due_at, self.organisation.zone)
            return self._late_enough(leaves + timedelta(hours=int(lifetime)), schedule, "lifetime")
        if schedule.repeats:
            raise Refused(_("Choose how late it may leave each time."), field="lifetime")
        return self._late_enough(self._moment("last_day", "last_at"), schedule, "last_at")

    def _moment(self, day_field: str, time_field: str) -> datetime:
        day = _needed(self.values, day_field, _("Choose a date."))
        time_of_day = _needed(self.values, time_field, _("Choose a time."))
        return moment_meant(
            datetime.combine(day, time_of_day), zone=self.organisation.zone, field=time_field
        )

    def _late_enough(self, expires: datetime, schedule: Schedule, field: str) -> datetime:
        assert schedule.due_at is not None
        leaving = schedule.leaving(schedule.due_at, self.organisation)
        if expires > leaving.last:
            return expires
        if expires <= leaving.first:
            words = _("It would leave only on %(time)s. Choose a later time.")
        else:
            words = _(
                "For some recipients it would leave only on %(time)s of your time. "
                "Choose a later time."
            )
        local = timezone.localtime(leaving.last, self.organisation.zone)
        raise Refused(words % {"time": date_format(local, "SHORT_DATETIME_FORMAT")}, field=field)


def _needed(values: Mapping[str, Any], field: str, words: str) -> Any:
    value = values.get(field)
    if value in (None, "", []):
        raise Missing(words, field=field)
    return value


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Rule]] = {
    DAYS: lambda values: EveryDays(
        _needed(values, "interval", _("Write every how many days, as 1 for each day."))
    ),
    WEEK: lambda values: Weekly(
        frozenset(_needed(values, "weekdays", _("Choose one day of the week or more.")))
    ),
    MONTH: lambda values: Monthly(_needed(values, "month_day", _("Choose a day of the month."))),
    BIRTHDAY: lambda values: Birthdays(
        _needed(values, "birthday_field", _("Choose the field that birthdays are in."))
    ),
}


def values_of(schedule: Schedule, organisation: Organisation) -> dict[str, Any]:
    """What the form's fields hold for a schedule that was kept."""
    values: dict[str, Any] = {
        "mode": NOW,
        "window_from": schedule.window_from,
        "window_until": schedule.window_until,
        "by_recipient_zone": schedule.by_recipient_zone,
    }
    if schedule.repeats:
        values |= {"mode": REPEATING, **_values_of_recurrence(schedule.repeats)}
    elif schedule.due_at:
        local = timezone.localtime(schedule.due_at, organisation.zone)
        values |= {"mode": ONCE, "day": local.date(), "at": local.time()}
    return values | _values_of_end(schedule, organisation)


def _values_of_recurrence(kept: Recurrence) -> dict[str, Any]:
    values: dict[str, Any] = {"at": kept.at, "first": kept.first, "until": kept.until}
    match kept.rule:
        case EveryDays(interval):
            return values | {"every": DAYS, "interval": interval}
        case Weekly(weekdays):
            return values | {"every": WEEK, "weekdays": sorted(weekdays)}
        case Monthly(day):
            return values | {"every": MONTH, "month_day": day}
        case Birthdays(field):
            return values | {"every": BIRTHDAY, "birthday_field": field}


def _values_of_end(schedule: Schedule, organisation: Organisation) -> dict[str, Any]:
    if schedule.due_at is None or schedule.expires_at is None:
        return {}
    hours = (schedule.expires_at - schedule.leaves(schedule.due_at, organisation.zone)) / timedelta(
        hours=1
    )
    if f"{hours:g}" in LIFETIMES:
        return {"lifetime": f"{hours:g}"}
    if schedule.repeats:
        return {}
    local = timezone.localtime(schedule.expires_at, organisation.zone)
    return {"lifetime": AT, "last_day": local.date(), "last_at": local.time()}
