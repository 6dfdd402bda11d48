"""Mailings that leave again and again: typed rules, to and from JSON by a strict grammar.

{"every": "days", "interval": 3, "first": "2026-11-24", "at": "09:30"}
{"every": "week", "weekdays": [1, 5], "first": …, "at": …, "until": "2027-03-01"}      1 is Monday
{"every": "month", "day": 31, "first": …, "at": …}            0 is the month's last day
{"every": "birthday", "field": 7, "first": …, "at": …}        7: the id of a date field of contacts
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import ClassVar
from zoneinfo import ZoneInfo

MOST_DAYS = 366
LAST_DAY = 0
LATEST = date(2099, 12, 31)
_DAYS_OF_WEEK = 7
_LONGEST_MONTH = 31
_ONE_DAY = timedelta(days=1)


class RecurrenceBroken(ValueError):
    """The JSON is not of this grammar."""


@dataclass(frozen=True)
class EveryDays:
    """Every so many days, the first day being one of them."""

    interval: int = 1

    def falls_on(self, day: date, *, first: date) -> bool:
        return (day - first).days % self.interval == 0


@dataclass(frozen=True)
class Weekly:
    """On these days of the week: 1 is Monday, 7 Sunday."""

    weekdays: frozenset[int]

    def falls_on(self, day: date, *, first: date) -> bool:
        return day.isoweekday() in self.weekdays


@dataclass(frozen=True)
class Monthly:
    """On this day of the month, or the last one of a month that is too short for it;
    ``LAST_DAY``: always on the last."""

    day: int

    def falls_on(self, day: date, *, first: date) -> bool:
        is_last = (day + _ONE_DAY).day == 1
        return day.day == self.day or (is_last and (self.day == LAST_DAY or day.day < self.day))


@dataclass(frozen=True)
class Birthdays:
    """Each day, to those of whom the date field ``field`` (its id) has the day's day and month;
    29 February is kept on the 28th where the year has none."""

    field: int

    def falls_on(self, day: date, *, first: date) -> bool:
        return True


Rule = EveryDays | Weekly | Monthly | Birthdays


@dataclass(frozen=True)
class Recurrence:
    """``at``: the time of day, to the minute, on the clocks of a zone that the caller names.
    ``first``, ``until``: the days between which it falls, both included; until None for ever."""

    rule: Rule
    at: time
    first: date
    until: date | None = None

    # Days of which one surely is among those that any rule falls on.
    _ENOUGH: ClassVar = MOST_DAYS + 1

    def next_after(self, moment: datetime, *, zone: ZoneInfo) -> datetime | None:
        """The first time later than ``moment`` (aware), in UTC; None where there is none left.

        A time that the clocks of ``zone`` skip is as much later as they are put forward; of one
        that they show twice it is the first.
        """
        return next(self._times_after(moment, zone), None)

    def next_five(self, moment: datetime, *, zone: ZoneInfo) -> list[datetime]:
        """The next times after ``moment``, as many as there are and at most five."""
        return self.times_between(moment, None, zone=zone, most=5)

    def times_between(
        self, moment: datetime, end: datetime | None, *, zone: ZoneInfo, most: int
    ) -> list[datetime]:
        """The first ``most`` times later than ``moment`` and earlier than ``end``, in UTC."""
        times = islice(self._times_after(moment, zone), most)
        return [each for each in times if end is None or each < end]

    def as_dict(self) -> dict[str, object]:
        written: dict[str, object] = {"every": _NAMES[type(self.rule)]}
        for name, value in vars(self.rule).items():
            written[name] = sorted(value) if isinstance(value, frozenset) else value
        written |= {"first": self.first.isoformat(), "at": self.at.isoformat("minutes")}
        return written | ({"until": self.until.isoformat()} if self.until else {})

    @classmethod
    def from_dict(cls, raw: object) -> "Recurrence":
        """Raises ``RecurrenceBroken``."""
        try:
            return _read(raw)
        except (KeyError, TypeError, ValueError) as error:
            raise RecurrenceBroken(str(error)) from None

    def _times_after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        last = moment.astimezone(UTC)
        day = max(self.first, last.astimezone(zone).date() - _ONE_DAY)
        while (found := self._first_from(day)) is not None:
            time_of_day = datetime.combine(found, self.at, zone).astimezone(UTC)
            if time_of_day > last:
                yield time_of_day
                last = time_of_day
            day = found + _ONE_DAY

    def _first_from(self, day: date) -> date | None:
        days = (day + timedelta(days=ahead) for ahead in range(self._ENOUGH))
        found = next(each for each in days if self.rule.falls_on(each, first=self.first))
        return found if self.until is None or found <= self.until else None


_NAMES: Mapping[type[Rule], str] = {
    EveryDays: "days",
    Weekly: "week",
    Monthly: "month",
    Birthdays: "birthday",
}


def _read(raw: object) -> Recurrence:
    if not isinstance(raw, dict):
        raise RecurrenceBroken("no object")
    name, read = _READERS[raw["every"]]
    needed = {"every", name, "first", "at"}
    if not needed <= raw.keys() <= needed | {"until"}:
        raise RecurrenceBroken("keys")
    first = _day(raw["first"])
    until = _day(raw["until"]) if "until" in raw else None
    if until and until < first:
        raise RecurrenceBroken("until")
    return Recurrence(read(raw[name]), _time(raw["at"]), first, until)


def _weekdays(value: object) -> Weekly:
    if not isinstance(value, list) or not value:
        raise RecurrenceBroken("weekdays")
    days = frozenset(_whole(day, 1, _DAYS_OF_WEEK) for day in value)
    if len(days) < len(value):
        raise RecurrenceBroken("weekdays")
    return Weekly(days)


_READERS: Mapping[object, tuple[str, Callable[[object], Rule]]] = {
    "days": ("interval", lambda value: EveryDays(_whole(value, 1, MOST_DAYS))),
    "week": ("weekdays", _weekdays),
    "month": ("day", lambda value: Monthly(_whole(value, LAST_DAY, _LONGEST_MONTH))),
    "birthday": ("field", lambda value: Birthdays(_whole(value, 1, 2**63 - 1))),
}


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RecurrenceBroken("whole number")
    return value


def _day(value: object) -> date:
    day = date.fromisoformat(value) if isinstance(value, str) else None
    if day is None or day.isoformat() != value or day > LATEST:
        raise RecurrenceBroken("day")
    return day


def _time(value: object) -> time:
    at = time.fromisoformat(value) if isinstance(value, str) else None
    if at is None or f"{at:%H:%M}" != value:
        raise RecurrenceBroken("time")
    return at
