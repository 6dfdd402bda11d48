"""Hours of sending that end while a message is still under way."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from portal.delivery.models import Message, OutboxEntry
from portal.delivery.outbox import outbox_put_off
from portal.messaging.models import Mailing
from portal.messaging.plans.windows import leaving_time
from portal.messaging.plans.zones import zone_name


def hours_keep(*, now: datetime) -> None:
    """Where a wave is not done when its hours are over, the rest of it leaves when they begin
    again. What workers have claimed by then still leaves: about half a second's worth."""
    under_way = OutboxEntry.objects.filter(
        message__wave__mailing__window_from__isnull=False,
        due_at__lte=now,
        next_number__lte=F("last_number"),
    )
    for entry in under_way.select_related("message__wave__mailing__organisation"):
        mailing: Mailing = entry.message.wave.mailing
        opens = leaving_time(
            now,
            zone=_zone_of(mailing, entry.message),
            window_from=mailing.window_from,
            window_until=mailing.window_until,
        )
        if opens > now:
            outbox_put_off(entry.message, until=opens)


def _zone_of(mailing: Mailing, message: Message) -> ZoneInfo:
    """Its people leave together, for their clocks show the same."""
    somebody = message.recipients.values_list("phone", flat=True).first()
    own = zone_name(somebody) if mailing.by_recipient_zone and somebody else ""
    return ZoneInfo(own or mailing.organisation.time_zone)
