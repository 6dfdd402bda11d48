"""The undo: what an import wrote is taken back, save what somebody has changed since."""

import time
import uuid

from django.db import transaction
from django.utils import timezone

from portal.audit.models import Action
from portal.contacts.imports.check import fail
from portal.contacts.imports.doorbell import ring
from portal.contacts.imports.standing import is_its_turn, next_in_turn
from portal.contacts.imports.storage import forget_file
from portal.contacts.imports.trail import record
from portal.contacts.models import (
    CheckedRows,
    Group,
    Import,
    ImportedEntry,
    ImportStage,
    StopListEntry,
)
from portal.contacts.stop_list.services import stop_list_take_back
from portal.core.deadlocks import retried_after_deadlock
from portal.core.errors import Refused
from portal.core.lease import held
from portal.core.prepared import integers, rows, rows_planned_now

ROWS_PER_STEP = 10_000
# In the order of their ids, as everybody locks contacts: an update would take them in any.
_LOCK_CHANGED = """
    SELECT c.id FROM contacts_contact c JOIN (
        SELECT contact_id FROM contacts_importbefore WHERE source_id = %(source)s
         ORDER BY contact_id LIMIT %(most)s) b ON b.contact_id = c.id
     ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_RESTORE = """
    WITH taken AS (
        DELETE FROM contacts_importbefore WHERE id IN (
            SELECT id FROM contacts_importbefore WHERE source_id = %(source)s
             ORDER BY contact_id LIMIT %(most)s)
        RETURNING contact_id, before),
    restored AS (
        UPDATE contacts_contact c
           SET surname = b.before->>'surname', given_name = b.before->>'given_name',
               patronymic = b.before->>'patronymic', name = b.before->>'name',
               note = b.before->>'note', field_values = b.before->'field_values',
               search_key = b.before->>'search_key',
               lexemes = (b.before->>'lexemes')::tsvector,
               changed_at = (b.before->>'changed_at')::timestamptz
          FROM taken b
         WHERE c.id = b.contact_id
           AND c.changed_at = (b.before->>'written_at')::timestamptz
        RETURNING c.id)
    SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM restored)
"""
_LEAVE_GROUP = """
    WITH gone AS (
        DELETE FROM contacts_membership WHERE id IN (
            SELECT id FROM contacts_membership WHERE imported_by_id = %(source)s
             ORDER BY id LIMIT %(most)s)
           -- A person may have put them in at this very moment.
           AND imported_by_id = %(source)s
        RETURNING id)
    SELECT count(*) FROM gone
"""
# Locked: who is being put into a group at this very moment is in it when it is asked.
_NEXT_MADE = """
    SELECT id FROM contacts_contact
     WHERE imported_by_id = %(source)s AND id > %(after)s ORDER BY id LIMIT %(most)s FOR UPDATE
"""
# Whoever has been put into a group since is in use.
_DELETE = """
    WITH gone AS (
        DELETE FROM contacts_contact c
         WHERE c.id = ANY(%(ids)s::bigint[]) AND c.changed_at = c.created_at
           AND c.imported_by_id = %(source)s AND c.archived_at IS NULL
           AND NOT EXISTS (SELECT FROM contacts_membership m WHERE m.contact_id = c.id)
        RETURNING c.id)
    SELECT count(*) FROM gone
"""


def undo_slice(source: Import, token: uuid.UUID, *, seconds: float) -> None:
    """Take back for about so long. Raises LeaseLost."""
    until = time.monotonic() + seconds
    while _step(source.pk, token) and time.monotonic() < until:
        pass


@retried_after_deadlock
@transaction.atomic
def _step(pk: int, token: uuid.UUID) -> bool:
    source = held(Import.objects.select_related("organisation", "author"), pk, token)
    if source.stage != ImportStage.UNDOING or not is_its_turn(source):
        return False
    if source.begun_at is None:
        source.begun_at = timezone.now()
    is_more = (
        _restore(source) or _leave_group(source) or _delete_made(source) or _take_off_stops(source)
    )
    if not is_more:
        _end(source)
    source.save(update_fields=["begun_at", "outcome", "position"])
    return is_more


def _restore(source: Import) -> bool:
    """Contacts that were changed; whether there were any left."""
    those = {"source": source.pk, "most": ROWS_PER_STEP}
    rows_planned_now(_LOCK_CHANGED, those)
    [(taken, restored)] = rows_planned_now(_RESTORE, those)
    _count(source, restored=restored, kept=taken - restored)
    source.position += taken
    return bool(taken)


def _leave_group(source: Import) -> bool:
    [(gone,)] = rows(_LEAVE_GROUP, {"source": source.pk, "most": ROWS_PER_STEP})
    return bool(gone)


def _delete_made(source: Import) -> bool:
    after = source.outcome.get("undone_to", 0)
    place = {"source": source.pk, "after": after, "most": ROWS_PER_STEP}
    ids = [pk for (pk,) in rows(_NEXT_MADE, place)]
    if not ids:
        return False
    [(gone,)] = rows_planned_now(_DELETE, {"source": source.pk, "ids": integers(ids)})
    _count(source, deleted=gone, kept=len(ids) - gone)
    source.outcome["undone_to"] = ids[-1]
    source.position += len(ids)
    return True


def _take_off_stops(source: Import) -> bool:
    entries = ImportedEntry.objects.filter(source=source).order_by("entry_id")[:ROWS_PER_STEP]
    ids = dict(entries.values_list("pk", "entry_id"))
    if not ids:
        return False
    ids = _nobody_elses(ids)
    try:
        gone = stop_list_take_back(
            organisation=source.organisation, entry_ids=ids.values(), actor=source.author
        )
    except Refused:
        # Of a number that stays there by mistake nobody gets what they should not.
        gone = 0
    _count(source, deleted=gone, kept=len(ids) - gone)
    ImportedEntry.objects.filter(pk__in=ids).delete()
    source.position += len(ids)
    return True


def _nobody_elses(ids: dict[int, int]) -> dict[int, int]:
    """Those of the entries that nobody has asked for since; locked, so that nobody does now."""
    locked = StopListEntry.objects.select_for_update().filter(pk__in=ids.values())
    list(locked.order_by("phone").values_list("pk"))
    return dict(ImportedEntry.objects.filter(pk__in=ids).values_list("pk", "entry_id"))


def _count(source: Import, **counts: int) -> None:
    for name, count in counts.items():
        source.outcome[name] = source.outcome.get(name, 0) + count


def _end(source: Import) -> None:
    _delete_group_it_made(source)
    if source.failure:
        fail(source, source.failure)
    else:
        source.stage, source.ended_at = ImportStage.UNDONE, timezone.now()
        source.save(update_fields=["stage", "ended_at"])
        forget_file(source)
        CheckedRows.objects.filter(source=source).delete()
    transaction.on_commit(lambda: _ring_next(source.organisation_id))
    record(source, Action.CHANGED, {"undone": source.outcome, "failure": source.failure})


def _delete_group_it_made(source: Import) -> None:
    """Nobody joins it once it is locked."""
    made = Group.objects.select_for_update(of=("self",))
    group = made.filter(pk=source.outcome.get("made_group")).first()
    if group is not None and not group.memberships.exists():
        group.delete()


def _ring_next(organisation_id: int) -> None:
    if (waiting := next_in_turn(organisation_id)) is not None:
        ring(waiting)
