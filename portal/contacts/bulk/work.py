"""The steps of a bulk action, each a transaction of its own, in the order of the contacts' ids.

Rights, and whose a contact is, are asked again at each step. The trail has one event of an action,
when it is over.
"""

import logging
import time
import uuid
from collections import Counter
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.bulk.effects import Effect, GroupGone, Skip, carry_out
from portal.contacts.doorbell import ring_bulk
from portal.contacts.lists.query import FilterGone, list_query
from portal.contacts.lists.search import AS_ADDED, asked, search_rows
from portal.contacts.models import BulkAction, BulkKind, BulkState, Contact
from portal.core.deadlocks import retried_after_deadlock
from portal.core.errors import Refused
from portal.core.lease import LeaseLost, abandoned, held, let_go, take
from portal.core.walk import first_fitting

log = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
MOST_LISTED_IN_THE_TRAIL = 50
STEP = 500
_LONGEST_WALK = 20_000
_MOST_RUNG = 100


def bulk_go_on(action_id: int, *, seconds: float = SLICE_SECONDS) -> None:
    """Go on for some ``seconds``, unless somebody else is at it, and ring for the rest."""
    token = take(_waiting(), action_id)
    if token is None:
        return
    end = time.monotonic() + seconds
    _count(action_id)
    try:
        while (is_more := _step(action_id, token)) and time.monotonic() < end:
            pass
    except LeaseLost:
        log.info("bulk action %s is over, or somebody else's now", action_id)
        return
    let_go(BulkAction.objects.all(), action_id, token)
    if is_more:
        ring_bulk(action_id)


def bulk_sweep(*, now: datetime) -> None:
    """Ring for actions that nobody is at."""
    left = _waiting().filter(abandoned(now)).order_by("pk")
    for pk in left.values_list("pk", flat=True)[:_MOST_RUNG]:
        ring_bulk(pk)


def bulk_over(action: BulkAction, state: BulkState) -> None:
    """Inside the transaction that holds the action's row."""
    action.state, action.ended_at = state, timezone.now()
    action.save()
    details = {
        "kind": action.kind,
        "state": state.value,
        "done": action.done_count,
        "skipped": action.skipped,
        **({"group": action.argument["group"]} if "group" in action.argument else {}),
    }
    ids = action.selection.get("ids", [])
    if 0 < len(ids) <= MOST_LISTED_IN_THE_TRAIL:
        details["ids"] = ids
    event_record(
        action=Action.DELETED if action.kind == BulkKind.DELETE else Action.CHANGED,
        actor=action.actor,
        organisation_id=action.organisation_id,
        obj=action,
        object_label=f"bulk action {action.pk}",
        details=details,
    )


def refuse_unless_may_go_on(actor: User, organisation_id: int | None) -> int:
    """The organisation's id. Raises ``Refused``."""
    may = actor.is_active and actor.may(Right.EDIT_CONTACTS)
    if organisation_id is None or actor.organisation_id != organisation_id or not may:
        raise Refused(_("Your role does not change contacts."))
    return organisation_id


def _waiting() -> "QuerySet[BulkAction]":
    return BulkAction.objects.filter(state=BulkState.WAITING)


def _count(action_id: int) -> None:
    """How many there are in all, which pages do not wait for."""
    action = BulkAction.objects.select_related("actor").get(pk=action_id)
    if action.position or "search" not in action.selection:
        return
    matching = list_query(action.actor, action.selection["search"])
    try:
        found = asked(
            member=action.actor,
            query=matching.text,
            filters=matching.filters,
            now=action.created_at,
        )
        rows = search_rows(action.actor, matching.filters).filter(pk__lte=action.selection["last"])
    except FilterGone:
        return
    BulkAction.objects.filter(pk=action_id).update(total=rows.filter(found).count())


@retried_after_deadlock
@transaction.atomic
def _step(action_id: int, token: uuid.UUID) -> bool:
    """Whether there is more to do."""
    action = held(_waiting().select_related("organisation", "actor"), action_id, token)
    try:
        ids, effect = _gone_through(action)
    except (Refused, GroupGone, FilterGone):
        bulk_over(action, BulkState.FAILED)
        return False
    action.done_count += effect.done
    action.skipped = dict(Counter(action.skipped) + effect.skipped)
    action.position = ids[-1] if ids else action.position
    if len(ids) < STEP:
        bulk_over(action, BulkState.DONE)
        return False
    action.save(update_fields=["position", "done_count", "skipped"])
    return True


@transaction.atomic
def _gone_through(action: BulkAction) -> tuple[list[int], Effect]:
    """The ids of the next contacts, and what became of them: what is gone, or was never the
    actor's to change, is skipped. Raises ``Refused``, ``GroupGone``, ``FilterGone``."""
    refuse_unless_may_go_on(action.actor, action.organisation_id)
    ids = _next_ids(action)
    visible = Contact.objects.visible_to(action.actor).filter(pk__in=ids).order_by("pk")
    contacts = list(visible.select_for_update(no_key=True, of=("self",)))
    effect = carry_out(action, contacts) if contacts else Effect()
    if gone := len(ids) - len(contacts):
        effect.skipped[Skip.GONE.value] += gone
    return ids, effect


def _next_ids(action: BulkAction) -> list[int]:
    """Up to ``STEP`` ids behind the action's position."""
    selection = action.selection
    if "ids" in selection:
        return [pk for pk in selection["ids"] if pk > action.position][:STEP]
    matching = list_query(action.actor, selection["search"])
    rows = search_rows(action.actor, matching.filters)
    ask = partial(
        asked,
        member=action.actor,
        query=matching.text,
        filters=matching.filters,
        # "This month" stays the month in which it was said.
        now=action.created_at,
    )
    found = first_fitting(
        rows.filter(pk__gt=action.position, pk__lte=selection["last"]),
        AS_ADDED,
        fits=ask(probes=True),
        fits_by_index=ask(probes=False),
        most=STEP,
        longest_walk=_LONGEST_WALK,
    )
    return [contact.pk for contact in found]
