"""Into which messages a prepared mailing is cut, and when each leaves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet, Sum

from portal.delivery.models import SkippedBecause
from portal.delivery.skips import SkippedNumber
from portal.messaging.models import LeftOut, Mailing, PreparedRecipient
from portal.messaging.plans.windows import leaving_time

# Zones of recipients by the moment at which they leave, and what their clocks show then: hours of
# sending that begin together need not end together.
_Leaving = dict[tuple[datetime, datetime], list[str]]

_PART = 5000
_SKIPPED_BECAUSE = {
    LeftOut.STOPPED: SkippedBecause.STOP_LIST,
    LeftOut.STOPPED_ON_PLATFORM: SkippedBecause.PLATFORM_STOP_LIST,
}


@dataclass(frozen=True)
class PlannedWave:
    """``leaves_at``: aware. ``people``: those whom it goes to, whose segments come to
    ``segments_in_all``; of ``count`` at least 1. Everything that is no canary waits for the one
    that is, where there is one: it is the first."""

    leaves_at: datetime
    people: QuerySet[PreparedRecipient]
    count: int
    segments_in_all: int
    most_segments: int
    is_canary: bool = False

    def rows(self, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Of its people, in their order, read in parts."""
        return _in_parts(self.people, *columns)


@dataclass(frozen=True)
class WavePeople:
    """The ``Recipients`` of a wave whose text is the same for all; with whom the stop lists have
    taken out of ``skips``, where it is given."""

    wave: PlannedWave
    skips: Mailing | None

    def __len__(self) -> int:
        return self.wave.count

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((phone, name) for phone, name in self.wave.rows("phone", "name"))

    def phones(self) -> Iterator[str]:
        return (phone for (phone,) in self.wave.rows("phone"))

    def skipped(self) -> Iterator[SkippedNumber]:
        return skipped_of(self.skips) if self.skips else iter(())


def waves_of(mailing: Mailing, *, now: datetime) -> list[PlannedWave]:
    """In the order in which they leave, where the mailing leaves at ``now`` or when it is due
    later; none where it reaches nobody."""
    reached = PreparedRecipient.objects.filter(mailing=mailing, left_out="")
    zones = list(reached.order_by().values_list("zone", flat=True).distinct())
    due = max(now, mailing.due_at or now)
    leaving = _leaving(mailing, zones, due)
    if not leaving:
        return []
    trial = _trial(mailing, reached, leaving)
    canary = _wave(min(leaving)[0], reached.filter(trial), is_canary=True) if trial else None
    if canary is None or canary.count == mailing.reached:
        return _waves(reached, leaving)
    assert mailing.canary_minutes is not None, "a canary is whole"
    after = canary.leaves_at + timedelta(minutes=mailing.canary_minutes)
    return [canary, *_waves(reached.exclude(trial), _leaving(mailing, zones, after))]


def skipped_of(mailing: Mailing) -> Iterator[SkippedNumber]:
    """Whom the stop lists have taken out."""
    stopped = PreparedRecipient.objects.filter(mailing=mailing, left_out__in=_SKIPPED_BECAUSE)
    for phone, name, left_out, note in _in_parts(stopped, "phone", "name", "left_out", "note"):
        yield phone, name, _SKIPPED_BECAUSE[LeftOut(left_out)], note


def _leaving(mailing: Mailing, zones: list[str], due: datetime) -> _Leaving:
    leaving: _Leaving = defaultdict(list)
    for zone in zones:
        clocks = ZoneInfo(zone or mailing.organisation.time_zone)
        moment = leaving_time(
            due,
            zone=clocks,
            window_from=mailing.window_from,
            window_until=mailing.window_until,
        )
        shown = moment.astimezone(clocks) if mailing.window_from else moment
        leaving[moment, shown.replace(tzinfo=None)].append(zone)
    return leaving


def _trial(mailing: Mailing, reached: QuerySet[PreparedRecipient], leaving: _Leaving) -> Q | None:
    """Which people are the canary: the first of those who leave first."""
    if mailing.canary_size is None:
        return None
    first, _shown = min(leaving)
    zones = [zone for (moment, _shown), each in leaving.items() if moment == first for zone in each]
    earliest = Q(zone__in=zones)
    positions = reached.filter(earliest).order_by("position").values_list("position", flat=True)
    last = positions[mailing.canary_size - 1 :].first()
    return earliest if last is None else earliest & Q(position__lte=last)


def _waves(people: QuerySet[PreparedRecipient], leaving: _Leaving) -> list[PlannedWave]:
    waves = (
        _wave(moment, people.filter(zone__in=zones))
        for (moment, _), zones in sorted(leaving.items())
    )
    return [wave for wave in waves if wave.count]


def _wave(
    leaves_at: datetime, people: QuerySet[PreparedRecipient], *, is_canary: bool = False
) -> PlannedWave:
    sizes = people.order_by().aggregate(
        count=Count("pk"), in_all=Sum("segments"), most=Max("segments")
    )
    return PlannedWave(
        leaves_at, people, sizes["count"], sizes["in_all"] or 0, sizes["most"] or 0, is_canary
    )


def _in_parts(people: QuerySet[PreparedRecipient], *columns: str) -> Iterator[tuple[Any, ...]]:
    rows = people.order_by("position").values_list("position", *columns)
    last = 0
    while part := list(rows.filter(position__gt=last)[:_PART]):
        yield from (row[1:] for row in part)
        last = part[-1][0]
