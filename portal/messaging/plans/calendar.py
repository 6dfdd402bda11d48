"""A month of what leaves, day by day."""

from bisect import insort
from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from portal.accounts.models import User
from portal.delivery.models import Message
from portal.messaging.models import Mailing
from portal.messaging.plans.moments import YEARS
from portal.messaging.plans.recurrence import Recurrence, RecurrenceBroken
from portal.messaging.plans.selectors import planned_between, queued_for_later, repeating

MOST_OF_A_KIND = 500
SHOWN_A_DAY = 4
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Entry:
    """Something that leaves at ``moment``: a mailing, or a message that was submitted already."""

    moment: datetime
    mailing: Mailing | None = field(default=None, compare=False)
    message: Message | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        source = self.mailing or self.message
        assert source is not None
        return source.text


@dataclass(frozen=True)
class Day:
    date: date
    is_of_month: bool
    is_today: bool
    entries: list[Entry]

    @property
    def shown(self) -> list[Entry]:
        return self.entries[:SHOWN_A_DAY]

    @property
    def more(self) -> int:
        return len(self.entries) - len(self.shown)


@dataclass(frozen=True)
class Month:
    """What the member sees leave in a month, and in the days that fill its first and last week;
    ``zone``: on whose clocks."""

    first: date
    member: User
    zone: ZoneInfo
    now: datetime

    @cached_property
    def weeks(self) -> list[list[Day]]:
        """Weeks begin on Monday."""
        today = self.now.astimezone(self.zone).date()
        by_day = self._by_day
        return [
            [Day(day, day.month == self.first.month, day == today, by_day[day]) for day in week]
            for week in self._dates
        ]

    @property
    def is_empty(self) -> bool:
        return not any(self._by_day.values())

    @property
    def earlier(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def later(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)

    @cached_property
    def _dates(self) -> list[list[date]]:
        return Calendar().monthdatescalendar(self.first.year, self.first.month)

    @cached_property
    def _by_day(self) -> dict[date, list[Entry]]:
        by_day: dict[date, list[Entry]] = {day: [] for week in self._dates for day in week}
        for entry in self._entries():
            insort(by_day[entry.moment.astimezone(self.zone).date()], entry)
        return by_day

    def _entries(self) -> Iterator[Entry]:
        start, end = (
            self._moment(self._dates[0][0]),
            self._moment(self._dates[-1][-1] + timedelta(days=1)),
        )
        for mailing in planned_between(self.member, start, end)[:MOST_OF_A_KIND]:
            assert mailing.due_at is not None
            yield Entry(mailing.due_at, mailing=mailing)
        for mailing in repeating(self.member)[:MOST_OF_A_KIND]:
            yield from self._occurrences(mailing, start, end)
        waiting = queued_for_later(self.member, now=self.now).filter(
            due_at__gte=start, due_at__lt=end
        )
        for message in waiting[:MOST_OF_A_KIND]:
            yield Entry(message.due_at, message=message)

    def _occurrences(self, mailing: Mailing, start: datetime, end: datetime) -> Iterator[Entry]:
        assert mailing.due_at is not None
        try:
            recurrence = Recurrence.from_dict(mailing.repeats)
        except RecurrenceBroken:
            return
        after = max(start, mailing.due_at) - _TICK
        for moment in recurrence.times_between(after, end, zone=self.zone, most=MOST_OF_A_KIND):
            yield Entry(moment, mailing=mailing)

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def month_asked(written: str, *, today: date) -> date:
    """The first day of the month that is ``written`` as 2026-12, or of today's."""
    try:
        first = date.fromisoformat(f"{written}-01")
    except ValueError:
        return today.replace(day=1)
    # Its neighbours are months too.
    is_known = YEARS[0] < first.year < YEARS[-1]
    return first if is_known else today.replace(day=1)
