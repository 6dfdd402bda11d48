"""Hours of the day in which a message may leave."""

from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A day may lack the window: the clocks skip it, or (when a country changes sides of the date line)
# the whole day.
_DAYS_AHEAD = 4
_MINUTE = timedelta(minutes=1)


def leaving_time(
    due: datetime, *, zone: ZoneInfo, window_from: time | None, window_until: time | None
) -> datetime:
    """The earliest moment at or after ``due`` at which the clocks of ``zone`` show a time of the
    window: ``window_from`` is within it, ``window_until`` no more.

    ``due`` and the answer are aware; the answer is in UTC, so that equal moments of different zones
    are one wave. A window that ends before it begins goes over midnight. Without a window, or with
    one of no length, it is ``due``. An hour that the clocks show twice counts both times; where
    they skip the window's beginning it opens when they go on.
    """
    due = due.astimezone(UTC)
    if window_from is None or window_until is None or window_from == window_until:
        return due
    moments = (due, *_openings(due, zone, window_from))
    return min(
        moment
        for moment in moments
        if moment >= due and is_within(moment.astimezone(zone).time(), window_from, window_until)
    )


def is_within(shown: time, window_from: time, window_until: time) -> bool:
    if window_from < window_until:
        return window_from <= shown < window_until
    return shown >= window_from or shown < window_until


def _openings(due: datetime, zone: ZoneInfo, window_from: time) -> Iterator[datetime]:
    """Moments at which the clocks may get into the window: they show its beginning, for the first
    or the second time, or are put forward or back."""
    today = due.astimezone(zone).date()
    for ahead in range(_DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        for fold in (0, 1):
            yield datetime.combine(day, window_from, zone).replace(fold=fold).astimezone(UTC)
        yield from _changes(day, zone)


def _changes(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When the clocks of ``zone`` are changed on that day; they are at most once."""
    start, end = (
        datetime.combine(day + timedelta(days=ahead), time(), zone).astimezone(UTC)
        for ahead in (0, 1)
    )
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return
    minutes = range((end - start) // _MINUTE)

    def is_changed(minute: int) -> bool:
        return (start + minute * _MINUTE).astimezone(zone).utcoffset() != before

    yield start + bisect(minutes, False, key=is_changed) * _MINUTE
