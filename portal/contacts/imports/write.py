"""The writing: batch after batch, each in one commit with how far it came."""

import time
import uuid

from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from portal.audit.models import Action
from portal.contacts.imports.doorbell import ring
from portal.contacts.imports.lines import kept_lines, values
from portal.contacts.imports.people import People
from portal.contacts.imports.standing import is_its_turn, next_in_turn, why_not
from portal.contacts.imports.storage import forget_file
from portal.contacts.imports.trail import record
from portal.contacts.models import (
    CheckedRows,
    Import,
    ImportedEntry,
    ImportStage,
    ImportTarget,
    StopSource,
)
from portal.contacts.stop_list.services import stop_list_add_each
from portal.core.commits import commit_without_waiting
from portal.core.deadlocks import retried_after_deadlock
from portal.core.lease import held

# PostgreSQL gathers new words and sorts them into their index in heaps of this size: the bigger
# the quicker, but until then each search reads the heap.
_GATHERED = "16MB"
_SORTED_IN = "64MB"


def write_slice(source: Import, token: uuid.UUID, *, seconds: float) -> None:
    """Write for about so long. Raises LeaseLost."""
    until = time.monotonic() + seconds
    while _step(source.pk, token) and time.monotonic() < until:
        pass


@retried_after_deadlock
@transaction.atomic
def _step(pk: int, token: uuid.UUID) -> bool:
    """Write one batch; whether there is more to do now."""
    source = held(Import.objects.select_related("group", "organisation", "author"), pk, token)
    if source.stage != ImportStage.WRITING:
        return False
    failure = why_not(source)
    if failure or source.stop_requested:
        turn_back(source, failure)
        return False
    if not is_its_turn(source):
        return False
    batch = CheckedRows.objects.filter(source=pk, last_row__gt=source.position)
    if (rows := batch.order_by("number").first()) is None:
        _end(source)
        return False
    _write(source, rows)
    return True


def turn_back(source: Import, failure: str = "") -> None:
    """From now on what was written is taken back; the caller's transaction holds the row."""
    source.stage, source.failure = ImportStage.UNDOING, failure
    source.position = 0
    source.save(update_fields=["stage", "failure", "position"])


def _write(source: Import, rows: CheckedRows) -> None:
    if source.begun_at is None:
        source.begun_at = timezone.now()
    if source.target == ImportTarget.STOP_LIST:
        counts = _stop(source, kept_lines(rows))
    else:
        _gather_words()
        commit_without_waiting()
        counts = People(source).write(kept_lines(rows))
    for name, count in counts.items():
        source.outcome[name] = source.outcome.get(name, 0) + count
    source.position = rows.last_row
    source.save(update_fields=["begun_at", "outcome", "position"])


def _stop(source: Import, lines: list[bytes]) -> dict[str, int]:
    otherwise = source.outcome.get("reason", "")
    reasons = {phone: reason or otherwise for phone, reason in map(values, lines)}
    stops = stop_list_add_each(
        organisation=source.organisation,
        reasons=reasons,
        source=StopSource.IMPORT,
        actor=source.author,
    )
    ImportedEntry.objects.bulk_create(
        [ImportedEntry(source=source, entry_id=pk) for pk in stops.entry_ids]
    )
    return {"made": stops.added, "left": stops.known}


def _end(source: Import) -> None:
    source.stage, source.ended_at = ImportStage.DONE, timezone.now()
    source.position = source.total
    source.save(update_fields=["stage", "ended_at", "position"])
    forget_file(source)
    CheckedRows.objects.filter(source=source).delete()
    if source.target == ImportTarget.CONTACTS:
        _sort_words_in()
    transaction.on_commit(lambda: _ring_next(source.organisation_id))
    record(source, Action.CHANGED, {"imported": source.outcome})


def _ring_next(organisation_id: int) -> None:
    if (waiting := next_in_turn(organisation_id)) is not None:
        ring(waiting)


def _gather_words() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gin_pending_list_limit', %s, true)", [_GATHERED])
        cursor.execute("SELECT set_config('work_mem', %s, true)", [_SORTED_IN])


def _sort_words_in() -> None:
    """So that the next person who adds a contact does not wait for it; only the table's owner may,
    and otherwise autovacuum will."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('contact_lexemes')")
    except ProgrammingError:
        return
