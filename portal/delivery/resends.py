"""Whom the operator rejected and who may be sent to again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from portal.contacts.stop_list.reads import numbers_stopped
from portal.delivery.models import Message, Recipient, Skip, State
from portal.delivery.personal import PersonalRecipient, PersonalRecipients


@dataclass(frozen=True)
class ToResend:
    """``segments``: those that each number's text takes, by number (E.164 digits) in the message's
    order. ``stopped``: how many others there would be, were they not on a stop list now."""

    segments: Mapping[str, int]
    stopped: int

    @property
    def phones(self) -> Collection[str]:
        return self.segments.keys()

    @property
    def segments_in_all(self) -> int:
        return sum(self.segments.values())


def to_resend(message: Message) -> ToResend:
    """Whom the operator rejected and no later message of this one went to or skipped."""
    resent = Recipient.objects.filter(message__resend_of=message).values("phone")
    skipped = Skip.objects.filter(message__resend_of=message).values("phone")
    rejected = message.recipients.filter(envelope__state=State.REJECTED)
    due = rejected.exclude(phone__in=resent).exclude(phone__in=skipped).order_by("id")
    if message.is_personalised:
        segments = dict(due.values_list("phone", "envelope__own__segments"))
    else:
        segments = dict.fromkeys(due.values_list("phone", flat=True), message.segments)
    stopped = numbers_stopped(message.organisation_id, list(segments))
    for phone in stopped:
        del segments[phone]
    return ToResend(segments, len(stopped))


def personal_again(message: Message, found: ToResend) -> PersonalRecipients:
    """Those of a personalised message, each with the text that they were to get."""
    return PersonalRecipients(
        people=_people(message, found.phones),
        count=len(found.phones),
        segments_in_all=found.segments_in_all,
        most_segments=max(found.segments.values()),
    )


def _people(message: Message, phones: Collection[str]) -> Iterator[PersonalRecipient]:
    recipients = message.recipients.filter(phone__in=phones).order_by("id")
    fields = ("phone", "name", "envelope__own__text", "envelope__own__segments")
    for row in recipients.values_list(*fields).iterator():
        yield PersonalRecipient(*row)
