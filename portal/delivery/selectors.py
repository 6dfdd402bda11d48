"""Reads over messages and what became of their recipients."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.delivery.models import (
    NEEDS_A_PERSON,
    UNDER_WAY,
    Envelope,
    Message,
    Recipient,
    State,
)

Counts = Mapping[str, int]

PARTLY_ACCEPTED, NOT_SENT = "partly_accepted", "not_sent"
SENDING = "sending"
OVERALL_LABELS: Mapping[str, str | Promise] = {
    **dict(State.choices),
    SENDING: _("being sent"),
    PARTLY_ACCEPTED: _("partly accepted"),
    NOT_SENT: _("not sent"),
}


def message_counts(message_id: int) -> dict[str, int]:
    """Recipients of one message by state; states without any are left out."""
    return counts_of([message_id])[message_id]


def counts_of(message_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """The same for several messages, in one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = (
        Envelope.objects.filter(message__in=message_ids)
        .exclude(state=State.REPLACED)
        .values_list("message_id", "state")
        .annotate(total=Sum("recipients_count"))
        .order_by()
    )
    for message_id, state, total in rows:
        counts[message_id][state] = total
    return counts


def overall_state(counts: Counts) -> str:
    """One word for a message: what still needs someone or something comes first.

    One of ``State``, or ``sending`` (some way gone), or for recipients that ended differently
    ``partly_accepted`` or ``not_sent``.
    """
    states = set(counts)
    if State.UNCERTAIN in states and not states & UNDER_WAY:
        return State.UNCERTAIN.value
    if states & UNDER_WAY:
        return State.QUEUED.value if states == {State.QUEUED} else SENDING
    if State.HELD in states:
        return State.HELD.value
    if len(states) == 1:
        return str(next(iter(states)))
    return PARTLY_ACCEPTED if State.ACCEPTED in states else NOT_SENT


def is_settled(counts: Counts) -> bool:
    """Whether nothing of the message is queued or under way any more."""
    return not set(counts) & UNDER_WAY


def messages_in_state(messages: QuerySet[Message], state: str) -> QuerySet[Message]:
    """Those with any recipient in the state."""
    envelopes = Envelope.objects.filter(
        organisation=OuterRef("organisation"), message=OuterRef("pk"), state=state
    )
    return messages.filter(Exists(envelopes))


def needing_a_person(member: User) -> int:
    """How many messages that the member may see wait for somebody's decision."""
    waiting = Envelope.objects.filter(
        organisation=member.organisation_id,
        state__in=NEEDS_A_PERSON,
        message__in=Message.objects.visible_to(member),
    )
    return int(waiting.aggregate(messages=Count("message", distinct=True))["messages"])


def phones_to_resend(message: Message) -> list[str]:
    """Numbers that the operator rejected and that no later message of this one went to."""
    resent = Recipient.objects.filter(message__resend_of=message).values("phone")
    rejected = message.recipients.filter(envelope__state=State.REJECTED)
    return list(rejected.exclude(phone__in=resent).order_by("id").values_list("phone", flat=True))
