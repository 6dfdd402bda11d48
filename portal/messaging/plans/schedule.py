"""When a mailing leaves, and what that comes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol, TypedDict
from zoneinfo import ZoneInfo

from portal.accounts.models import Organisation
from portal.messaging.plans.recurrence import Recurrence
from portal.messaging.plans.windows import leaving_time
from portal.messaging.plans.zones import zones_of_countries


class Timed(Protocol):
    """A mailing, or what its author writes into it; fields as there."""

    @property
    def due_at(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def window_from(self) -> time | None: ...
    @property
    def window_until(self) -> time | None: ...
    @property
    def by_recipient_zone(self) -> bool: ...
    @property
    def repeats(self) -> Mapping[str, Any] | None: ...


class ScheduleFields(TypedDict):
    due_at: datetime | None
    expires_at: datetime | None
    window_from: time | None
    window_until: time | None
    by_recipient_zone: bool
    repeats: Mapping[str, Any] | None


@dataclass(frozen=True)
class Schedule:
    """``due_at``: None for at once; of what ``repeats``, the next time. ``expires_at``: what has
    not left by then stays here; of what repeats it moves on with ``due_at``, so that each time has
    as long. ``window_from``, ``window_until``: hours in which it may leave, on the clocks of the
    organisation or, ``by_recipient_zone``, of each recipient."""

    due_at: datetime | None = None
    expires_at: datetime | None = None
    window_from: time | None = None
    window_until: time | None = None
    by_recipient_zone: bool = False
    repeats: Recurrence | None = None

    @classmethod
    def of(cls, kept: Timed) -> "Schedule":
        """Raises ``RecurrenceBroken``."""
        return cls(
            due_at=kept.due_at,
            expires_at=kept.expires_at,
            window_from=kept.window_from,
            window_until=kept.window_until,
            by_recipient_zone=kept.by_recipient_zone,
            repeats=None if kept.repeats is None else Recurrence.from_dict(kept.repeats),
        )

    def fields(self) -> ScheduleFields:
        """As a mailing keeps them."""
        return ScheduleFields(
            due_at=self.due_at,
            expires_at=self.expires_at,
            window_from=self.window_from,
            window_until=self.window_until,
            by_recipient_zone=self.by_recipient_zone,
            repeats=self.repeats.as_dict() if self.repeats else None,
        )

    @property
    def has_window(self) -> bool:
        return self.window_from is not None and self.window_until is not None

    def leaves(self, due: datetime, zone: ZoneInfo) -> datetime:
        """When what is due at ``due`` leaves for people of ``zone``."""
        return leaving_time(
            due, zone=zone, window_from=self.window_from, window_until=self.window_until
        )

    def leaving(self, due: datetime, organisation: Organisation) -> "Leaving":
        """When it leaves for the first and for the last of them, wherever they live in the
        countries that the organisation sends to."""
        moments = [self.leaves(due, zone) for zone in self._zones(organisation)]
        return Leaving(min(moments), max(moments))

    def _zones(self, organisation: Organisation) -> Iterable[ZoneInfo]:
        if not (self.by_recipient_zone and self.has_window):
            return [organisation.zone]
        names = zones_of_countries(organisation.allowed_countries)
        return [ZoneInfo(name) if name else organisation.zone for name in names]

    def next_leavings(self, organisation: Organisation, *, now: datetime) -> list["Leaving"]:
        """Of the next time, or the next five where it repeats."""
        if self.repeats is None:
            return [self.leaving(self.due_at or now, organisation)]
        dues = self.repeats.next_five(now, zone=organisation.zone)
        return [self.leaving(due, organisation) for due in dues]

    @property
    def lifetime(self) -> timedelta | None:
        """How long after it is due it expires."""
        if self.due_at is None or self.expires_at is None:
            return None
        return self.expires_at - self.due_at


@dataclass(frozen=True)
class Leaving:
    """For the first and the last of the recipients."""

    first: datetime
    last: datetime

    @property
    def is_at_one_time(self) -> bool:
        return self.first == self.last
