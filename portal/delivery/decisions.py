"""What people decide about messages that are in the outbox."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.services import capture, release, reserve
from portal.core.errors import Conflict, Refused
from portal.delivery.doorbell import ring
from portal.delivery.models import Envelope, Message, OutboxEntry, Recipient, State
from portal.delivery.money import reserved_for
from portal.delivery.outbox import outbox_reopen
from portal.delivery.permits import reason_to_hold
from portal.delivery.recall import claims_recall
from portal.delivery.withdrawal import withdraw


def message_cancel(*, message: Message, actor: User) -> int:
    """Cancel what has not left; returns how many recipients. Raises ``Conflict`` where nothing
    waits or it is cancelled already.

    What a worker has claimed but not handed over is cancelled too, and so is what the operator
    puts off from now on.
    """
    _refuse_unless_may_decide(message, actor)
    # Claims end first, in transactions of their own: nobody else moves what waits after that.
    _cancel_claims(message, actor)
    claims_recall(message_id=message.pk)
    with transaction.atomic():
        recipients = withdraw(message, State.CANCELLED, actor)
        if not recipients:
            raise _nothing_to_cancel(message)
        _record(Action.CANCELLED, message, actor, recipients=recipients)
    return recipients


@transaction.atomic
def _cancel_claims(message: Message, actor: User) -> None:
    entry = _lock_entry(message)
    if entry is None or entry.cancelled_by_id or not _waiting_recipients(message):
        raise _nothing_to_cancel(message)
    entry.paused_at = entry.paused_at or timezone.now()
    entry.paused_by, entry.cancelled_by = entry.paused_by or actor, actor
    entry.save(update_fields=["paused_at", "paused_by", "cancelled_by"])


def _nothing_to_cancel(message: Message) -> Conflict:
    if message.envelopes.filter(notable=State.CANCELLED).exists():
        return Conflict(_("The message is cancelled already."))
    return Conflict(_("Nothing waits any more; there is nothing to cancel."))


def message_pause(*, message: Message, actor: User) -> None:
    """Hand nothing more of the message over until it is resumed. Raises ``Conflict`` where nothing
    waits, or it is held or paused already."""
    _refuse_unless_may_decide(message, actor)
    _pause_claims(message, actor)
    claims_recall(message_id=message.pk)


@transaction.atomic
def _pause_claims(message: Message, actor: User) -> None:
    entry = _lock_entry(message)
    if entry is None or not _waiting_recipients(message):
        raise Conflict(_("Nothing waits any more; there is nothing to pause."))
    if entry.is_held:
        raise Conflict(_("The message is held; nothing of it leaves."))
    if entry.paused_at:
        raise Conflict(_("The message is paused already."))
    entry.paused_at, entry.paused_by = timezone.now(), actor
    entry.save(update_fields=["paused_at", "paused_by"])
    _record(Action.PAUSED, message, actor)


@transaction.atomic
def message_resume(*, message: Message, actor: User) -> None:
    """Go on with a paused message where it stopped: nobody gets it twice. Raises ``Conflict``
    where it is not paused, or cancelled."""
    _refuse_unless_may_decide(message, actor)
    entry = _lock_entry(message)
    if entry is None or not entry.is_paused:
        raise Conflict(_("The message is not paused."))
    entry.paused_at, entry.paused_by = None, None
    entry.save(update_fields=["paused_at", "paused_by"])
    _record(Action.RESUMED, message, actor)
    transaction.on_commit(lambda: ring(entry.account_id))


@transaction.atomic
def message_release(*, message: Message, actor: User) -> int:
    """A manager answers for a held message and queues it again; returns how many recipients.
    Where it is paused too, it stays so.

    Raises ``Refused`` where the manager could not send it either.
    """
    if not _is_manager(message, actor):
        raise Refused(_("Only a manager of the organisation may release a held message."))
    entry = _lock_entry(message)
    if entry is None or not entry.held_because:
        raise Conflict(_("Nothing of this message is held any more."))
    _refuse_if_held_for(message, actor)
    Message.objects.filter(pk=message.pk).update(vouched_by=actor)
    entry.held_because = ""
    entry.save(update_fields=["held_because"])
    recipients = _waiting_recipients(message)
    _record(Action.RELEASED, message, actor, recipients=recipients)
    transaction.on_commit(lambda: ring(entry.account_id))
    return recipients


@transaction.atomic
def envelope_was_sent(*, envelope: Envelope, actor: User) -> None:
    """A person's word that the operator took an uncertain envelope; its money is spent."""
    uncertain = _lock_uncertain(envelope, actor)
    _move(uncertain, State.ACCEPTED, actor)
    capture(reserved_for([uncertain]))
    _record_settlement(uncertain, actor, State.ACCEPTED)


@transaction.atomic
def envelope_was_not_sent(*, envelope: Envelope, actor: User) -> None:
    """A person's word that the operator did not take it; its money may be spent again."""
    uncertain = _lock_uncertain(envelope, actor)
    _move(uncertain, State.REJECTED, actor)
    release(reserved_for([uncertain]))
    _record_settlement(uncertain, actor, State.REJECTED)


@transaction.atomic
def envelope_send_again(*, envelope: Envelope, actor: User) -> Envelope:
    """Send an uncertain envelope anew although it may have gone out: a new envelope takes over
    its recipients. The old one's money counts as spent, the new one's is reserved.

    In a paused message it waits with the others; a cancel of the message no longer stands.
    Raises ``Conflict`` where it is not uncertain, ``Refused`` where it may not be sent now,
    ``billing.services.NotEnoughMoney``.
    """
    uncertain = _lock_uncertain(envelope, actor)
    message = uncertain.message
    if not actor.may(Right.SEND):
        raise Refused(_("You may not send messages."))
    _refuse_if_held_for(message, message.answerable)
    _move(uncertain, State.REPLACED, actor)
    capture(reserved_for([uncertain]))
    reserved = reserve(
        organisation=message.organisation,
        message_id=message.pk,
        cost=uncertain.cost,
        actor=actor,
    )
    replacement = _replacement(uncertain, reserved)
    _record_settlement(uncertain, actor, State.REPLACED)
    transaction.on_commit(lambda: ring(replacement.account_id))
    return replacement


def _replacement(old: Envelope, reserved: Decimal) -> Envelope:
    last = old.message.envelopes.order_by("-number").values_list("number", flat=True)[0]
    outbox_reopen(old.message, account_id=old.account_id)
    cancelled = OutboxEntry.objects.filter(message=old.message_id, cancelled_by__isnull=False)
    cancelled.update(paused_at=None, paused_by=None, cancelled_by=None)
    new = Envelope.objects.create(
        account_id=old.account_id,
        message_id=old.message_id,
        number=last + 1,
        recipients_count=old.recipients_count,
        cost=old.cost,
        reserved=reserved,
        retry_at=timezone.now(),
        replaces=old,
    )
    Recipient.objects.filter(envelope=old).update(envelope=new)
    return new


def _lock_entry(message: Message) -> OutboxEntry | None:
    entries = OutboxEntry.objects.select_for_update(of=("self",), no_key=True)
    return entries.filter(message=message).first()


def _waiting_recipients(message: Message) -> int:
    queued = message.envelopes.filter(state=State.QUEUED)
    return int(queued.aggregate(people=Sum("recipients_count"))["people"] or 0)


def _lock_uncertain(envelope: Envelope, actor: User) -> Envelope:
    _refuse_unless_may_decide(envelope.message, actor)
    locked = (
        Envelope.objects.select_for_update(of=("self",))
        .select_related("message__organisation", "message__author", "message__vouched_by")
        .get(pk=envelope.pk)
    )
    if locked.state != State.UNCERTAIN:
        raise Conflict(_("This has been decided already."))
    # A sweep that closes the message counts before this decision or after it, not amid.
    _lock_entry(locked.message)
    # Numbers of new envelopes of one message are given out one decision at a time.
    Message.objects.select_for_update(no_key=True).get(pk=locked.message_id)
    return locked


def _move(envelope: Envelope, state: State, settled_by: User) -> None:
    Envelope.objects.filter(pk=envelope.pk).update(state=state, settled_by=settled_by)
    Message.objects.filter(pk=envelope.message_id).update(settled_counts=None)


def _record(action: Action, message: Message, actor: User, **details: object) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=message.organisation_id,
        obj=message,
        details=details,
    )


def _record_settlement(envelope: Envelope, actor: User, state: State) -> None:
    event_record(
        action=Action.SETTLED,
        actor=actor,
        organisation_id=envelope.message.organisation_id,
        obj=envelope,
        details={"settled_as": state, "message": envelope.message_id},
    )


def _is_manager(message: Message, actor: User) -> bool:
    return actor.organisation_id == message.organisation_id and actor.may(Right.DECIDE_FOR_OTHERS)


def _is_author(message: Message, actor: User) -> bool:
    is_at_home = actor.organisation_id == message.organisation_id
    return is_at_home and message.author_id == actor.pk and actor.may(Right.SEND)


def _refuse_if_held_for(message: Message, person: User) -> None:
    if reason := reason_to_hold(message, person):
        raise Refused(_("It cannot be sent: %(reason)s.") % {"reason": reason.label})


def _refuse_unless_may_decide(message: Message, actor: User) -> None:
    if not (_is_author(message, actor) or _is_manager(message, actor)):
        raise Refused(_("Only the author or a manager may decide this."))
