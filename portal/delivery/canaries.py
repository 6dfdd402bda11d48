"""Messages of which nothing leaves until another one, their canary, has been accepted.

They are in the outbox from the start, held, with the canary beside (``OutboxEntry.canary``). The
sweep judges them by an index of those that wait; a person may let one go before or after that.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.core.errors import Conflict
from portal.delivery.decision_rules import decision_record, lock_entry, refuse_unless_may_decide
from portal.delivery.doorbell import ring
from portal.delivery.models import HeldBecause, Message, OutboxEntry, State

# Of one sweep; the others wait for the next.
MOST_JUDGED = 1000
_TAKEN = {State.ACCEPTED, State.REPLACED, State.SKIPPED}


@transaction.atomic
def canaries_judge(*, now: datetime) -> int:
    """Let go of messages whose canary was accepted in full, and hold for a person's word those
    whose canary cannot be any more, or is not by the time they are due; returns of how many
    it was decided. What is let go leaves when it is due.

    ``outbox_close`` notes what became of a canary: it comes before.
    """
    waiting = OutboxEntry.objects.filter(
        Q(canary__settled_counts__isnull=False) | Q(due_at__lte=now),
        held_because=HeldBecause.AWAITS_CANARY,
    )
    locked = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)
    found = locked.values_list("message", "due_at", "canary__settled_counts")[:MOST_JUDGED]
    accepted, in_trouble = [], []
    for message_id, due_at, counts in found:
        if _is_accepted(counts or {}):
            accepted.append(message_id)
        elif due_at <= now or State.UNCERTAIN not in (counts or {}):
            in_trouble.append(message_id)
    _let_go(accepted)
    OutboxEntry.objects.filter(message__in=in_trouble).update(
        held_because=HeldBecause.CANARY_TROUBLE, author_told_at=None
    )
    return len(accepted) + len(in_trouble)


def _is_accepted(counts: Mapping[str, int]) -> bool:
    """Of a canary that is settled: whether everybody who was to get it did, and somebody was."""
    return State.ACCEPTED in counts and set(counts) <= _TAKEN


def _let_go(message_ids: list[int]) -> None:
    OutboxEntry.objects.filter(message__in=message_ids).update(
        held_because="", canary=None, author_told_at=None
    )


@transaction.atomic
def canary_release(*, message: Message, actor: User) -> None:
    """The author's or a manager's word that a message leaves whatever became of its canary, and
    now. Where it is paused, it stays so.

    Raises ``Refused`` to anybody else, ``Conflict`` where it waits for no canary.
    """
    refuse_unless_may_decide(message, actor)
    entry, now = lock_entry(message), timezone.now()
    if entry is None or not entry.is_held_for_canary or entry.cancelled_by_id:
        raise Conflict(_("The message waits for no trial part any more."))
    canary_id = entry.canary_id
    _let_go([message.pk])
    OutboxEntry.objects.filter(pk=entry.pk, due_at__gt=now).update(due_at=now)
    Message.objects.filter(pk=message.pk, due_at__gt=now).update(due_at=now)
    decision_record(
        Action.RELEASED,
        message,
        actor,
        recipients=entry.recipients_ahead,
        trial_part=canary_id,
        trial_part_failed=entry.held_because == HeldBecause.CANARY_TROUBLE,
    )
    transaction.on_commit(lambda: ring(entry.account_id))
