"""Numbers that a message skips, noted at submit."""

from collections.abc import Iterable
from itertools import islice

from django.db.models import F
from django.utils import timezone

from portal.core.copying import copy_rows
from portal.delivery.models import Message, SkippedBecause

# Number, contact's name ("" for none), why, and what whoever stopped it said ("" for nothing).
SkippedNumber = tuple[str, str, SkippedBecause, str]

_SKIPS = "delivery_skip (message_id, phone, name, reason, note, at)"
_PART = 4000


def skips_write(message: Message, rows: Iterable[SkippedNumber]) -> int:
    """Note numbers, each once, that a message being submitted skips; returns how many.

    They count as its recipients from now on, in state ``skipped``, and cost nothing. Called in the
    transaction of ``message_enqueue``. Read in parts: ``rows`` may be longer than memory, and may
    come from the database.
    """
    now = timezone.now()
    skipped = iter(rows)
    written = 0
    while part := list(islice(skipped, _PART)):
        copy_rows(
            _SKIPS,
            (
                (message.pk, phone, name, because.value, note, now)
                for phone, name, because, note in part
            ),
        )
        written += len(part)
    if written:
        Message.objects.filter(pk=message.pk).update(
            recipients_count=F("recipients_count") + written
        )
        message.recipients_count += written
    return written
