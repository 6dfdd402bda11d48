"""From what a person writes for a time to the moment meant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from portal.core.errors import Refused


def moment_meant(written: datetime, *, zone: ZoneInfo, field: str = "due_at") -> datetime:
    """The aware moment of ``written``: in its own offset, else on the clocks of ``zone``.

    Where the clocks show a time twice, the first is meant. Raises ``Refused`` beside
    ``field`` for a time that the clocks skip.
    """
    if written.tzinfo is not None:
        return written
    moment = written.replace(tzinfo=zone)
    back_again = moment.astimezone(UTC).astimezone(zone)
    if back_again.replace(tzinfo=None, fold=0) != written.replace(fold=0):
        raise Refused(
            _("The clocks are put forward then and skip %(time)s. Choose another time.")
            % {"time": written.strftime("%H:%M")},
            field=field,
        )
    return moment
