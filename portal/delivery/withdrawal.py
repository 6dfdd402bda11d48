"""Taking envelopes that have not left out of the queue for good, with their money."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from portal.accounts.models import User
from portal.billing.services import Reserved, release
from portal.core.prepared import rows
from portal.delivery.models import Envelope, Message, OutboxEntry, State

# A campaign's rows are settled in parts, so that memory stays flat.
_PART = 5000


def message_expire(message: Message) -> int:
    """Its "not after" has passed: nothing more of it leaves. Returns how many recipients."""
    return withdraw(message, State.EXPIRED)


@transaction.atomic
def withdraw(message: Message, state: State, by: User | None = None) -> int:
    """Move every queued envelope of the message to ``state`` and release its money; returns how
    many recipients.

    A worker that has claimed one of them finds so before its dot, and does not write it.
    """
    OutboxEntry.objects.select_for_update(no_key=True).filter(message=message).first()
    recipients, last = 0, 0
    while part := _withdraw_part(message, state, by, after=last):
        recipients += sum(count for _number, count, _money in part)
        last = max(number for number, _count, _money in part)
        release(money for _number, _count, money in part)
    entry = OutboxEntry.objects.filter(message=message)
    for last_number in entry.values_list("last_number", flat=True):
        entry.update(
            next_number=last_number + 1, recipients_ahead=0, cost_ahead=F("cost_ahead") * 0
        )
    return recipients


def _withdraw_part(
    message: Message, state: State, by: User | None, *, after: int
) -> list[tuple[int, int, Reserved]]:
    """Numbers, recipients and money of up to ``_PART`` envelopes."""
    found = rows(
        """
        UPDATE delivery_envelope
           SET state = %(state)s, retry_at = NULL, token = NULL, settled_by_id = %(by)s
         WHERE id IN (
               SELECT id FROM delivery_envelope
                WHERE message_id = %(message)s AND number > %(after)s AND state = 'queued'
                ORDER BY number LIMIT %(part)s FOR NO KEY UPDATE)
        RETURNING number, recipients_count, id, reserved
        """,
        {
            "state": state.value,
            "by": by.pk if by else None,
            "message": message.pk,
            "after": after,
            "part": _PART,
        },
    )
    return [
        (number, count, Reserved(message.organisation_id, message.pk, envelope_id, reserved))
        for number, count, envelope_id, reserved in found
    ]


def cancel_what_came_back() -> None:
    """Cancel what was being handed over when its message was cancelled, and was put off."""
    queued = Envelope.objects.filter(message=OuterRef("pk"), state=State.QUEUED)
    entries = OutboxEntry.objects.filter(Exists(queued), cancelled_by__isnull=False)
    for entry in entries.select_related("message", "cancelled_by").iterator():
        withdraw(entry.message, State.CANCELLED, entry.cancelled_by)


def expire_what_is_late(*, now: datetime | None = None) -> None:
    """Expire messages of the outbox whose "not after" has passed."""
    late = Message.objects.filter(outbox_entry__isnull=False, expires_at__lte=now or timezone.now())
    for message in late.iterator():
        message_expire(message)
