"""What people decide about uncertain envelopes: one alone, or all that a message has."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Max, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.services import capture, release, reserve
from portal.core.errors import Conflict, Refused
from portal.core.prepared import integers, rows_planned_now
from portal.delivery.decision_rules import (
    decision_record,
    lock_entry,
    refuse_if_held_for,
    refuse_unless_may_decide,
)
from portal.delivery.doorbell import ring
from portal.delivery.models import Envelope, Message, OutboxEntry, State
from portal.delivery.money import reserved_for
from portal.delivery.outbox import outbox_reopen

# Replacements are written in parts.
_PART = 1000


@dataclass(frozen=True)
class Uncertain:
    """All uncertain envelopes of a message together; ``cost``: what sending them again costs."""

    envelopes: int
    recipients: int
    cost: Decimal
    first_at: datetime | None
    last_at: datetime | None


def uncertain_of(message: Message) -> Uncertain:
    found = message.envelopes.filter(notable=State.UNCERTAIN).aggregate(
        envelopes=Count("pk"),
        recipients=Sum("recipients_count", default=0),
        cost=Sum("cost", default=Decimal(0)),
        first_at=Min("transmitting_at"),
        last_at=Max("transmitting_at"),
    )
    return Uncertain(**found)


@transaction.atomic
def envelope_was_sent(*, envelope: Envelope, actor: User) -> None:
    """A person's word that the operator took an uncertain envelope; its money is spent."""
    _settle_one(envelope, State.ACCEPTED, actor)


@transaction.atomic
def envelope_was_not_sent(*, envelope: Envelope, actor: User) -> None:
    """A person's word that the operator did not take it; its money may be spent again."""
    _settle_one(envelope, State.REJECTED, actor)


@transaction.atomic
def envelope_send_again(*, envelope: Envelope, actor: User) -> Envelope:
    """Send an uncertain envelope anew although it may have gone out: a new envelope takes over
    its recipients. The old one's money counts as spent, the new one's is reserved.

    In a paused message it waits with the others; a cancel of the message no longer stands.
    Raises ``Conflict`` where it is not uncertain, ``Refused`` where it may not be sent now,
    ``billing.services.NotEnoughMoney``.
    """
    _settle_one(envelope, State.REPLACED, actor)
    return Envelope.objects.get(replaces=envelope.pk)


@transaction.atomic
def uncertain_settle(*, message: Message, settled_as: State, confirmed: int, actor: User) -> int:
    """One decision about all uncertain envelopes of the message; returns how many recipients.

    ``settled_as``: ``accepted`` (they were sent), ``rejected`` (they were not) or ``replaced``
    (send them again), each as for one envelope. ``confirmed``: about how many recipients the
    person decided. Raises ``Conflict`` where there are none or another number.
    """
    refuse_unless_may_decide(message, actor)
    uncertain = _lock(message, None)
    recipients = sum(envelope.recipients_count for envelope in uncertain)
    if not uncertain:
        raise Conflict(_("This has been decided already."))
    if recipients != confirmed:
        raise Conflict(_("Since you looked, the uncertain ones have changed. Check again."))
    _SETTLE[settled_as](uncertain, actor)
    decision_record(
        Action.SETTLED,
        message,
        actor,
        settled_as=settled_as,
        envelopes=len(uncertain),
        recipients=recipients,
    )
    return recipients


def _settle_one(envelope: Envelope, settled_as: State, actor: User) -> None:
    refuse_unless_may_decide(envelope.message, actor)
    uncertain = _lock(envelope.message, envelope.pk)
    if not uncertain:
        raise Conflict(_("This has been decided already."))
    _SETTLE[settled_as](uncertain, actor)
    event_record(
        action=Action.SETTLED,
        actor=actor,
        organisation_id=envelope.message.organisation_id,
        obj=envelope,
        details={"settled_as": settled_as, "message": envelope.message_id},
    )


def _lock(message: Message, envelope_id: int | None) -> Sequence[Envelope]:
    """The message's uncertain envelopes, or the one of them, for this transaction alone."""
    uncertain = message.envelopes.filter(notable=State.UNCERTAIN).order_by("pk")
    if envelope_id is not None:
        uncertain = uncertain.filter(pk=envelope_id)
    envelopes = list(uncertain.select_for_update(of=("self",)))
    # A sweep that closes the message counts before this decision or after it, not amid.
    lock_entry(message)
    # Numbers of new envelopes of one message are given out one decision at a time.
    people = Message.objects.select_related("organisation", "author", "vouched_by")
    locked = people.select_for_update(of=("self",), no_key=True).get(pk=message.pk)
    for envelope in envelopes:
        envelope.message = locked
    return envelopes


def _take_as_sent(uncertain: Sequence[Envelope], actor: User) -> None:
    _move(uncertain, State.ACCEPTED, actor)
    capture(reserved_for(uncertain))


def _take_as_not_sent(uncertain: Sequence[Envelope], actor: User) -> None:
    _move(uncertain, State.REJECTED, actor)
    release(reserved_for(uncertain))


def _send_again(uncertain: Sequence[Envelope], actor: User) -> None:
    message = uncertain[0].message
    if not actor.may(Right.SEND):
        raise Refused(_("You may not send messages."))
    refuse_if_held_for(message, message.answerable)
    _move(uncertain, State.REPLACED, actor)
    capture(reserved_for(uncertain))
    cost = sum((envelope.cost for envelope in uncertain), Decimal(0))
    reserved = reserve(
        organisation=message.organisation, message_id=message.pk, cost=cost, actor=actor
    )
    _replace(uncertain, is_reserved=bool(reserved))


_SETTLE: Mapping[State, Callable[[Sequence[Envelope], User], None]] = {
    State.ACCEPTED: _take_as_sent,
    State.REJECTED: _take_as_not_sent,
    State.REPLACED: _send_again,
}


def _move(envelopes: Sequence[Envelope], state: State, settled_by: User) -> None:
    ids = [envelope.pk for envelope in envelopes]
    Envelope.objects.filter(pk__in=ids).update(state=state, settled_by=settled_by)
    recipients = sum(envelope.recipients_count for envelope in envelopes)
    message = envelopes[0].message
    if message.settled_counts:
        message.settled_counts = _moved(message.settled_counts, state, recipients)
        message.save(update_fields=["settled_counts"])
    elif state == State.REPLACED:
        entry = OutboxEntry.objects.filter(message=message)
        entry.update(recipients_replaced=F("recipients_replaced") + recipients)


def _moved(counts: Mapping[str, int], state: State, recipients: int) -> dict[str, int]:
    """Counts of which so many uncertain recipients are in the state now, without zeros."""
    moved = Counter(counts)
    moved[State.UNCERTAIN.value] -= recipients
    moved[state.value] += recipients
    return dict(+moved)


def _replace(uncertain: Sequence[Envelope], *, is_reserved: bool) -> None:
    message, account_id = uncertain[0].message, uncertain[0].account_id
    last = message.envelopes.order_by("-number").values_list("number", flat=True)[0]
    outbox_reopen(message, account_id=account_id)
    cancelled = OutboxEntry.objects.filter(message=message, cancelled_by__isnull=False)
    cancelled.update(paused_at=None, paused_by=None, cancelled_by=None)
    now = timezone.now()
    Envelope.objects.bulk_create(
        (
            Envelope(
                account_id=account_id,
                message=message,
                number=number,
                recipients_count=old.recipients_count,
                cost=old.cost,
                reserved=old.cost if is_reserved else Decimal(0),
                retry_at=now,
                replaces=old,
            )
            for number, old in enumerate(uncertain, start=last + 1)
        ),
        batch_size=_PART,
    )
    _hand_recipients_over(uncertain)
    if message.is_personalised:
        _copy_texts(uncertain)
    transaction.on_commit(lambda: ring(account_id))


def _hand_recipients_over(replaced: Sequence[Envelope]) -> None:
    rows_planned_now(
        """
        UPDATE delivery_recipient r SET envelope_id = new.id
          FROM delivery_envelope new
         WHERE new.replaces_id = ANY(%(ids)s::bigint[]) AND r.envelope_id = new.replaces_id
        """,
        {"ids": integers(envelope.pk for envelope in replaced)},
    )


def _copy_texts(replaced: Sequence[Envelope]) -> None:
    rows_planned_now(
        """
        INSERT INTO delivery_envelopetext (envelope_id, text, segments)
        SELECT new.id, old.text, old.segments
          FROM delivery_envelope new
          JOIN delivery_envelopetext old ON old.envelope_id = new.replaces_id
         WHERE new.replaces_id = ANY(%(ids)s::bigint[])
        """,
        {"ids": integers(envelope.pk for envelope in replaced)},
    )
