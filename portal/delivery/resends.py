"""Whom the operator rejected and who may be sent to again."""

from dataclasses import dataclass

from portal.contacts.stop_list.reads import numbers_stopped
from portal.delivery.models import Message, Recipient, Skip, State


@dataclass(frozen=True)
class ToResend:
    """``phones``: numbers (E.164 digits) in the message's order. ``stopped``: how many others there
    would be, were they not on a stop list now."""

    phones: list[str]
    stopped: int


def to_resend(message: Message) -> ToResend:
    """Whom the operator rejected and no later message of this one went to or skipped."""
    resent = Recipient.objects.filter(message__resend_of=message).values("phone")
    skipped = Skip.objects.filter(message__resend_of=message).values("phone")
    rejected = message.recipients.filter(envelope__state=State.REJECTED)
    due = rejected.exclude(phone__in=resent).exclude(phone__in=skipped)
    phones = list(due.order_by("id").values_list("phone", flat=True))
    stopped = numbers_stopped(message.organisation_id, phones)
    return ToResend([phone for phone in phones if phone not in stopped], len(stopped))
