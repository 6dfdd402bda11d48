"""The worker's part before anything leaves: who, then what each gets, then the sums.

First the people are laid out, so that no change of a group adds or takes anybody from then on.
Then batch after batch is written, each in one commit with how far it came. Memory stays flat.
"""

import time
import uuid
from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from portal.contacts.file_parts import FileGone
from portal.contacts.reading import FileRefused
from portal.contacts.stop_list.reads import Stop, stops_of
from portal.core.copying import copy_rows
from portal.core.deadlocks import retried_after_deadlock
from portal.core.errors import Refused
from portal.core.lease import LEASE, held
from portal.messaging.mailings.course import mailing_fail, mailing_prepared
from portal.messaging.mailings.people import gathered_forget, people_gather
from portal.messaging.mailings.snapshot import snapshot_take
from portal.messaging.mailings.standing import why_not
from portal.messaging.mailings.texts import Writer, Written
from portal.messaging.mailings.values import Gathered, check_mailing_text, values_of
from portal.messaging.mailings.words import Failure
from portal.messaging.models import GatheredPerson, LeftOut, Mailing, PreparedRecipient, Stage
from portal.messaging.plans.zones import zone_name

ROWS_PER_STEP = 4000
_PREPARED = (
    "messaging_preparedrecipient (mailing_id, position, phone, name, text, segments, units, zone,"
    " left_out, lacks, note)"
)


def prepare_slice(mailing_id: int, token: uuid.UUID, *, seconds: float) -> None:
    """Prepare for about so long. Raises LeaseLost."""
    until = time.monotonic() + seconds
    while _step(mailing_id, token) and time.monotonic() < until:
        pass


@retried_after_deadlock
@transaction.atomic
def _step(pk: int, token: uuid.UUID) -> bool:
    """One piece of the work; whether there is more of it."""
    related = Mailing.objects.select_related(
        "organisation", "author__organisation", "series", "sheet__organisation"
    )
    mailing = held(related, pk, token)
    if mailing.stage != Stage.PREPARING:
        return False
    if failure := _why_not(mailing):
        mailing_fail(mailing, failure)
        return False
    if not mailing.total:
        return _gather(mailing)
    if people := _next_people(mailing):
        _write(mailing, people)
        return True
    snapshot_take(mailing)
    mailing_prepared(mailing, now=timezone.now())
    return False


def _why_not(mailing: Mailing) -> Failure | None:
    if failure := why_not(mailing):
        return failure
    if mailing.author.organisation_id != mailing.organisation_id:
        # Whoever answers for it: people and values would be those of another organisation.
        return Failure.AUTHOR_DISABLED
    try:
        check_mailing_text(mailing)
    except Refused:
        return Failure.TEXT_REFUSED
    return None


def _gather(mailing: Mailing) -> bool:
    gathered_forget(mailing)
    PreparedRecipient.objects.filter(mailing=mailing).delete()
    try:
        with transaction.atomic():
            reach = people_gather(mailing)
    except (FileRefused, FileGone):
        mailing_fail(mailing, Failure.SHEET_UNREADABLE)
        return False
    mailing.reach, mailing.position = reach.as_dict(), 0
    if not mailing.total:
        mailing_fail(mailing, Failure.NOBODY)
        return False
    # A long file takes as long as a lease.
    mailing.lease_until = timezone.now() + LEASE
    mailing.save(update_fields=["reach", "total", "position", "lease_until"])
    return True


def _next_people(mailing: Mailing) -> list[Gathered]:
    # From where the last step ended: what it deleted is still in the index.
    left = GatheredPerson.objects.filter(mailing=mailing, position__gt=mailing.position)
    return list(
        left.order_by("position").values_list("position", "phone", "name", "values")[:ROWS_PER_STEP]
    )


def _write(mailing: Mailing, people: Sequence[Gathered]) -> None:
    """The batch, and how far it came."""
    writer = Writer(mailing)
    values = values_of(mailing, writer.template, people)
    stops = stops_of(mailing.organisation_id, [phone for _position, phone, *_rest in people])
    zone_of = zone_name if mailing.by_recipient_zone else _no_zone

    def rows() -> Iterator[tuple[object, ...]]:
        for (position, phone, name, _own), known in zip(people, values, strict=True):
            stop = stops.get(phone)
            one = _stopped(stop) if stop else writer.written(known)
            lacks = "\n".join(one.lacks)
            sizes = (one.text, one.segments, one.units, zone_of(phone))
            yield (mailing.pk, position, phone, name, *sizes, one.left_out, lacks, one.note)

    copy_rows(_PREPARED, rows())
    first, mailing.position = people[0][0], people[-1][0]
    mailing.is_personalised = writer.is_personalised
    mailing.save(update_fields=["position", "is_personalised"])
    done = GatheredPerson.objects.filter(mailing=mailing, position__gte=first)
    done.filter(position__lte=mailing.position).delete()


def _stopped(stop: Stop) -> Written:
    because = LeftOut.STOPPED_ON_PLATFORM if stop.is_platform_wide else LeftOut.STOPPED
    return Written("", 0, 0, because, note=stop.reason)


def _no_zone(phone: str) -> str:
    return ""
