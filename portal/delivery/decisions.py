"""What people decide about messages that are in the outbox."""

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.core.errors import Conflict, Refused
from portal.delivery.decision_rules import (
    decision_record,
    is_manager_of,
    lock_entry,
    refuse_if_held_for,
    refuse_unless_may_decide,
)
from portal.delivery.doorbell import ring
from portal.delivery.models import Message, State
from portal.delivery.recall import claims_recall
from portal.delivery.withdrawal import withdraw


def message_cancel(*, message: Message, actor: User) -> int:
    """Cancel what has not left; returns how many recipients. Raises ``Conflict`` where nothing
    waits or it is cancelled already.

    What a worker has claimed but not handed over is cancelled too, and so is what the operator
    puts off from now on.
    """
    refuse_unless_may_decide(message, actor)
    # Claims end first, in transactions of their own: nobody else moves what waits after that.
    # What this process does not come to, the sweep withdraws.
    _cancel_claims(message, actor)
    claims_recall(message_id=message.pk)
    recipients = withdraw(message, State.CANCELLED, actor)
    if not recipients:
        raise _nothing_to_cancel(message)
    return recipients


@transaction.atomic
def _cancel_claims(message: Message, actor: User) -> None:
    entry, waiting = lock_entry(message), _waiting_recipients(message)
    if entry is None or entry.cancelled_by_id or not waiting:
        raise _nothing_to_cancel(message)
    entry.paused_at = entry.paused_at or timezone.now()
    entry.paused_by, entry.cancelled_by = entry.paused_by or actor, actor
    entry.save(update_fields=["paused_at", "paused_by", "cancelled_by"])
    decision_record(Action.CANCELLED, message, actor, recipients_waiting=waiting)


def _nothing_to_cancel(message: Message) -> Conflict:
    if message.envelopes.filter(notable=State.CANCELLED).exists():
        return Conflict(_("The message is cancelled already."))
    return Conflict(_("Nothing waits any more; there is nothing to cancel."))


def message_pause(*, message: Message, actor: User) -> None:
    """Hand nothing more of the message over until it is resumed. Raises ``Conflict`` where nothing
    waits, or it is held or paused already."""
    refuse_unless_may_decide(message, actor)
    _pause_claims(message, actor)
    claims_recall(message_id=message.pk)


@transaction.atomic
def _pause_claims(message: Message, actor: User) -> None:
    entry = lock_entry(message)
    if entry is None or not _waiting_recipients(message):
        raise Conflict(_("Nothing waits any more; there is nothing to pause."))
    if entry.is_held:
        raise Conflict(_("The message is held; nothing of it leaves."))
    if entry.paused_at:
        raise Conflict(_("The message is paused already."))
    entry.paused_at, entry.paused_by = timezone.now(), actor
    entry.save(update_fields=["paused_at", "paused_by"])
    decision_record(Action.PAUSED, message, actor)


@transaction.atomic
def message_resume(*, message: Message, actor: User) -> None:
    """Go on with a paused message where it stopped: nobody gets it twice. Raises ``Conflict``
    where it is not paused, or cancelled."""
    refuse_unless_may_decide(message, actor)
    entry = lock_entry(message)
    if entry is None or not entry.is_paused:
        raise Conflict(_("The message is not paused."))
    entry.paused_at, entry.paused_by = None, None
    entry.save(update_fields=["paused_at", "paused_by"])
    decision_record(Action.RESUMED, message, actor)
    transaction.on_commit(lambda: ring(entry.account_id))


@transaction.atomic
def message_release(*, message: Message, actor: User) -> int:
    """A manager answers for a held message and queues it again; returns how many recipients.
    Where it is paused too, it stays so.

    Raises ``Refused`` where the manager could not send it either.
    """
    if not is_manager_of(message, actor):
        raise Refused(_("Only a manager of the organisation may release a held message."))
    entry = lock_entry(message)
    if entry is None or not entry.is_held:
        raise Conflict(_("Nothing of this message is held any more."))
    if entry.is_held_for_canary:
        raise Conflict(_("The message is held because of its trial part. Let it go, or cancel it."))
    refuse_if_held_for(message, actor)
    Message.objects.filter(pk=message.pk).update(vouched_by=actor)
    entry.held_because = ""
    entry.save(update_fields=["held_because"])
    recipients = _waiting_recipients(message)
    decision_record(Action.RELEASED, message, actor, recipients=recipients)
    transaction.on_commit(lambda: ring(entry.account_id))
    return recipients


def _waiting_recipients(message: Message) -> int:
    queued = message.envelopes.filter(state=State.QUEUED)
    return int(queued.aggregate(people=Sum("recipients_count"))["people"] or 0)
