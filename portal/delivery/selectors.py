"""Reads over messages and what became of their recipients."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.delivery.models import (
    NOTABLE,
    UNDER_WAY,
    Envelope,
    Message,
    OutboxEntry,
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
    """The same for several messages. What has settled was counted once and for all."""
    noted = Message.objects.filter(pk__in=message_ids).values_list("pk", "settled_counts")
    counts: dict[int, dict[str, int]] = defaultdict(dict, {pk: found or {} for pk, found in noted})
    moving = [pk for pk, found in counts.items() if not found]
    held = held_among(moving)
    rows = (
        Envelope.objects.filter(message__in=moving)
        .exclude(state=State.REPLACED)
        .values_list("message_id", "state")
        .annotate(total=Sum("recipients_count"))
        .order_by()
    )
    for message_id, state, total in rows:
        counts[message_id][shown_state(state, is_held=message_id in held)] = total
    return counts


def held_among(message_ids: Collection[int]) -> set[int]:
    """Those of the messages that are held."""
    entries = OutboxEntry.objects.filter(message__in=message_ids).exclude(held_because="")
    return set(entries.values_list("message", flat=True))


def shown_state(state: str, *, is_held: bool) -> str:
    """An envelope's state as people see it."""
    return State.HELD.value if is_held and state == State.QUEUED else state


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
    in_outbox = OutboxEntry.objects.filter(message=OuterRef("pk"))
    envelopes = Envelope.objects.filter(message=OuterRef("pk"))
    if state == State.HELD:
        return messages.filter(Exists(in_outbox.exclude(held_because="")))
    if state == State.QUEUED:
        queued = envelopes.filter(state=state)
        return messages.filter(Exists(in_outbox.filter(held_because="")), Exists(queued))
    if state == State.TRANSMITTING:
        return messages.filter(Exists(in_outbox), Exists(envelopes.filter(state=state)))
    if state in NOTABLE:
        return messages.filter(Exists(envelopes.filter(notable=state)))
    return messages.filter(Exists(envelopes.filter(state=state)))


def needing_a_person(member: User) -> int:
    """How many messages that the member may see wait for somebody's decision."""
    visible = Message.objects.visible_to(member)
    uncertain = Envelope.objects.filter(notable=State.UNCERTAIN, message__in=visible)
    held = OutboxEntry.objects.exclude(held_because="").filter(message__in=visible)
    return len({*uncertain.values_list("message", flat=True), *held.values_list("pk", flat=True)})


def phones_to_resend(message: Message) -> list[str]:
    """Numbers that the operator rejected and that no later message of this one went to."""
    resent = Recipient.objects.filter(message__resend_of=message).values("phone")
    rejected = message.recipients.filter(envelope__state=State.REJECTED)
    return list(rejected.exclude(phone__in=resent).order_by("id").values_list("phone", flat=True))
