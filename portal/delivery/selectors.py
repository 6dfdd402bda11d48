"""Reads over messages and what became of their recipients."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.delivery.models import (
    NEEDS_NOBODY,
    NOTABLE,
    UNDER_WAY,
    Envelope,
    Message,
    OutboxEntry,
    Skip,
    State,
)
from portal.delivery.outbox_counts import counts_kept

Counts = Mapping[str, int]

_UNHELD = Q(held_because__in=NEEDS_NOBODY)
PARTLY_ACCEPTED, NOT_SENT = "partly_accepted", "not_sent"
SENDING, PAUSED = "sending", "paused"
OVERALL_LABELS: Mapping[str, str | Promise] = {
    **dict(State.choices),
    SENDING: _("being sent"),
    PAUSED: _("paused"),
    PARTLY_ACCEPTED: _("partly accepted"),
    NOT_SENT: _("not sent"),
}


@dataclass(frozen=True)
class Standing:
    """How far a message is. ``counts``: recipients by state, states without any are left out;
    ``entry``: its place in the outbox, None where nothing is under way."""

    counts: Counts
    entry: OutboxEntry | None

    @property
    def is_paused(self) -> bool:
        """Whether something waits that somebody may let go on."""
        return State.QUEUED in self.counts and self.entry is not None and self.entry.is_paused

    @property
    def overall(self) -> str:
        """One word for the message, a key of ``OVERALL_LABELS``."""
        return PAUSED if self.is_paused else overall_state(self.counts)


def message_counts(message_id: int) -> Counts:
    """Recipients of one message by state."""
    return message_standing(message_id).counts


def message_standing(message_id: int) -> Standing:
    """How far the message is now. Raises ``Message.DoesNotExist``."""
    return standings_of([Message.objects.get(pk=message_id)])[message_id]


def standings_of(messages: Collection[Message]) -> dict[int, Standing]:
    """How far each message is now. Costs the same however many envelopes they have."""
    counts = stored_counts(messages)
    entries = outbox_entries([pk for pk, states in counts.items() if states.keys() & UNDER_WAY])
    return {
        pk: Standing(shown_counts(states, entries.get(pk)), entries.get(pk))
        for pk, states in counts.items()
    }


def stored_counts(messages: Collection[Message]) -> dict[int, Counts]:
    """Recipients of each message by the stored state of their envelopes, without zeros. Those that
    are ``replaced`` are counted with the envelope that took them over too."""
    known = counts_kept([message.pk for message in messages])
    return {
        message.pk: _with_accepted(known[message.pk], message.recipients_count)
        if message.pk in known
        else _counted(message)
        for message in messages
    }


def _counted(message: Message) -> Counts:
    """From its envelopes, one by one."""
    states = message.envelopes.exclude(state=State.SKIPPED).values_list("state").order_by()
    counts = dict(states.annotate(people=Sum("recipients_count")))
    skipped = message.skips.count()
    return {**counts, State.SKIPPED.value: skipped} if skipped else counts


def _with_accepted(counts: Counts, recipients: int) -> Counts:
    """Whoever is neither under way nor notable: in the outbox, accepted ones are not looked at."""
    others = sum(count for state, count in counts.items() if state != State.REPLACED)
    return {**counts, State.ACCEPTED.value: recipients - others} if others < recipients else counts


def outbox_entries(message_ids: Collection[int]) -> dict[int, OutboxEntry]:
    """Those of the messages that are in the outbox, with who paused them."""
    if not message_ids:
        return {}
    entries = OutboxEntry.objects.filter(message__in=message_ids).select_related("paused_by")
    return {entry.message_id: entry for entry in entries}


def shown_state(state: str, entry: OutboxEntry | None) -> str:
    """An envelope's state as people see it; ``entry`` is its message's in the outbox."""
    is_held = entry is not None and entry.is_held and state == State.QUEUED
    return State.HELD.value if is_held else state


def shown_counts(stored: Counts, entry: OutboxEntry | None) -> Counts:
    """Recipients by state as people see it, without those that another envelope took over."""
    return {
        shown_state(state, entry): count
        for state, count in stored.items()
        if state != State.REPLACED
    }


def overall_state(counts: Counts) -> str:
    """One word for a message: what still needs someone or something comes first.

    One of ``State``, or ``sending`` (some way gone), or for recipients that ended differently
    ``partly_accepted`` or ``not_sent``. Skipped ones count where there are no others.
    """
    states = set(counts) - {State.SKIPPED} or set(counts)
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
    """Whether nothing of the message is queued or transmitting any more."""
    return not set(counts) & UNDER_WAY


def messages_in_state(messages: QuerySet[Message], state: str) -> QuerySet[Message]:
    """Those with any recipient in the state, one of ``State``, or those that are ``paused``."""
    in_outbox = OutboxEntry.objects.filter(message=OuterRef("pk"))
    envelopes = Envelope.objects.filter(message=OuterRef("pk"))
    queued = Exists(envelopes.filter(state=State.QUEUED))
    if state == State.HELD:
        return messages.filter(Exists(in_outbox.exclude(_UNHELD)), queued)
    if state == State.QUEUED:
        return messages.filter(Exists(in_outbox.filter(_UNHELD)), queued)
    if state == PAUSED:
        paused = in_outbox.filter(_UNHELD, paused_at__isnull=False, cancelled_by=None)
        return messages.filter(Exists(paused), queued)
    if state == State.TRANSMITTING:
        return messages.filter(Exists(in_outbox), Exists(envelopes.filter(state=state)))
    if state in NOTABLE:
        return messages.filter(Exists(envelopes.filter(notable=state)))
    if state == State.SKIPPED:
        return messages.filter(Exists(Skip.objects.filter(message=OuterRef("pk"))))
    moving = Q(settled_counts__isnull=True) & Q(Exists(envelopes.filter(state=state)))
    return messages.filter(Q(settled_counts__has_key=state) | moving)


def envelopes_in_state(envelopes: QuerySet[Envelope], state: str) -> QuerySet[Envelope]:
    """Those that people see in the state, one of ``State``."""
    in_outbox = OutboxEntry.objects.filter(message=OuterRef("message"))
    if state == State.HELD:
        return envelopes.filter(Exists(in_outbox.exclude(_UNHELD)), state=State.QUEUED)
    if state == State.QUEUED:
        return envelopes.filter(Exists(in_outbox.filter(_UNHELD)), state=state)
    if state == State.TRANSMITTING:
        return envelopes.filter(Exists(in_outbox), state=state)
    if state in NOTABLE:
        return envelopes.filter(notable=state)
    return envelopes.filter(state=state)


def needing_a_person(member: User) -> int:
    """How many messages that the member may see wait for somebody's decision."""
    visible = Message.objects.visible_to(member)
    uncertain = Envelope.objects.filter(notable=State.UNCERTAIN, message__in=visible)
    held = OutboxEntry.objects.exclude(_UNHELD).filter(message__in=visible)
    return len({*uncertain.values_list("message", flat=True), *held.values_list("pk", flat=True)})
