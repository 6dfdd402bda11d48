"""From what a person writes for a time to the moment meant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from portal.core.errors import Refused

# Of what people plan; no calendar or clock fails within them.
YEARS = range(2000, 2100)


def moment_meant(written: datetime, *, zone: ZoneInfo, field: str = "due_at") -> datetime:
    """The aware moment of ``written``: in its own offset, else on the clocks of ``zone``.

    Where the clocks show a time twice, the first is meant. Raises ``Refused`` beside
    ``field`` for a time that the clocks skip, and for one of another age.
    """
    if written.year not in YEARS:
        raise Refused(
            _("Choose a time between the years %(first)s and %(last)s.")
            % {"first": YEARS[0], "last": YEARS[-1]},
            field=field,
        )
    if written.tzinfo is not None:
        return written
    if is_skipped(written, zone):
        raise Refused(
            _("The clocks are put forward then and skip %(time)s. Choose another time.")
            % {"time": written.strftime("%H:%M")},
            field=field,
        )
    return written.replace(tzinfo=zone)


def is_skipped(written: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of ``zone`` never show ``written`` (naive)."""
    shown = written.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return shown.replace(tzinfo=None, fold=0) != written.replace(fold=0)
