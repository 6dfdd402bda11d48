"""The check: every row examined, nothing written to contacts."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, dropwhile, islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.contacts.imports.breath import breathing
from portal.contacts.imports.columns import field_ids
from portal.contacts.imports.examination import Batch, Examination
from portal.contacts.imports.lines import keep_lines, packed
from portal.contacts.imports.own_ones import own_ones
from portal.contacts.imports.report import Report
from portal.contacts.imports.seen import Seen
from portal.contacts.imports.standing import why_not
from portal.contacts.imports.storage import forget_file, stored_file
from portal.contacts.models import (
    BadRow,
    CheckedRows,
    ContactField,
    Import,
    ImportStage,
    ImportTarget,
)
from portal.contacts.models.contact import SHARED
from portal.contacts.reading import Doctor, FileRefused, Format, Limits, Reading, Row, rows
from portal.contacts.stop_list.reads import stops_of
from portal.core.commits import commit_without_waiting
from portal.core.copying import copy_rows
from portal.core.lease import held
from portal.core.prepared import numbers, rows_planned_now

ROWS_PER_STEP = 10_000
_KNOWN = """
    SELECT count(*) FILTER (WHERE archived_at IS NULL),
           count(*) FILTER (WHERE archived_at IS NOT NULL)
      FROM contacts_contact
     WHERE organisation_id = %(organisation)s AND shelf = %(shelf)s AND phone <> ''
       AND phone = ANY(%(phones)s::text[])
"""
_NAMED = """
    SELECT count(DISTINCT name) FROM contacts_contact
     WHERE organisation_id = %(organisation)s AND shelf = %(shelf)s AND archived_at IS NULL
       AND search_key = ANY(%(keys)s::text[]) AND phone = '' AND name = ANY(%(names)s::text[])
"""


def file_limits() -> Limits:
    return Limits(size=settings.IMPORT_MAX_BYTES, rows=settings.IMPORT_MAX_ROWS)


def check_slice(source: Import, token: uuid.UUID, *, seconds: float) -> None:
    """Go on with the check for about so long. Raises LeaseLost."""
    try:
        _check(source, token, seconds)
    except FileRefused as refused:
        with transaction.atomic():
            source = held(Import.objects.all(), source.pk, token)
            back_to_columns(source, failure=str(refused.code))


def _check(source: Import, token: uuid.UUID, seconds: float) -> None:
    with stored_file(source) as file, ThreadPoolExecutor(1) as beside:
        reading = Reading.from_dict(source.reading)
        read = breathing(file, lambda: _breathe(source.pk, token))
        found = _from_position(source.position, rows(read, reading, limits=file_limits()))
        examination = _examination(source)
        until = time.monotonic() + seconds
        while source.stage == ImportStage.CHECKING and time.monotonic() < until:
            batch = examination.batch(islice(found, ROWS_PER_STEP))
            is_plain = reading.format is not Format.XLSX
            share_read = file.tell() / source.size if is_plain else 0.0
            content = beside.submit(packed, batch.lines)
            source = _step(source, token, batch, content, examination.report, share_read)


def _breathe(pk: int, token: uuid.UUID) -> None:
    with transaction.atomic():
        held(Import.objects.all(), pk, token)


def _from_position(position: int, found: Iterator[Row]) -> Iterator[Row]:
    """The rows that are still to be examined. The first is found here, before the time of a slice
    begins: else a long way to it would leave none for the work."""
    left = dropwhile(lambda row: row.number <= position, found)
    return chain(list(islice(left, 1)), left)


def _examination(source: Import) -> Examination:
    organisation = source.organisation
    kinds = ContactField.objects.filter(
        organisation=organisation, pk__in=field_ids(source.columns)
    ).values_list("pk", "kind")
    doctor = Doctor(
        source.columns,
        organisation_id=organisation.pk,
        field_kinds=dict(kinds),
        countries=organisation.allowed_countries,
        needs_phone=source.target == ImportTarget.STOP_LIST,
    )
    report = Report.from_dict(source.report)
    return Examination(source.target, source.columns, doctor, Seen.by_now(source), report)


@transaction.atomic
def _step(
    source: Import,
    token: uuid.UUID,
    batch: Batch,
    content: Future[bytes],
    report: Report,
    share_read: float,
) -> Import:
    """Keep what a batch came to; an empty one is the end of the file. ``content``: its good rows,
    packed while the database is asked about them."""
    source = held(Import.objects.select_related("group", "organisation"), source.pk, token)
    if source.stop_requested:
        return back_to_columns(source)
    if failure := why_not(source):
        return fail(source, failure)
    if not batch.last_row:
        return _end(source, report)
    commit_without_waiting()
    _count_known(source, batch, report)
    keep_lines(source, content.result(), count=len(batch.lines), last_row=batch.last_row)
    _keep_bad(source, batch)
    source.position = batch.last_row
    source.total = max(batch.last_row, round(batch.last_row / share_read)) if share_read else 0
    source.report = report.as_dict()
    source.save(update_fields=["position", "total", "report"])
    return source


def _count_known(source: Import, batch: Batch, report: Report) -> None:
    stops = stops_of(source.organisation_id, batch.phones)
    if source.target == ImportTarget.STOP_LIST:
        platform = sum(stop.is_platform_wide for stop in stops.values())
        report.known += len(stops) - platform
        report.stopped += platform
        return
    report.stopped += len(stops)
    whose = {"organisation": source.organisation_id, "shelf": source.owner_id or SHARED}
    [(known, archived)] = rows_planned_now(_KNOWN, {**whose, "phones": numbers(batch.phones)})
    if batch.names:
        names, keys = zip(*batch.names, strict=True)
        named = {**whose, "names": list(names), "keys": list(keys)}
        known += rows_planned_now(_NAMED, named)[0][0]
    report.known += known
    report.archived += archived
    report.own += len(own_ones(source, batch.phones, batch.names))


def _keep_bad(source: Import, batch: Batch) -> None:
    if batch.bad:
        into = "contacts_badrow (source_id, row_number, cells, faults)"
        copy_rows(into, ((source.pk, *bad) for bad in batch.bad))


def _end(source: Import, report: Report) -> Import:
    source.stage = ImportStage.CHECKED
    source.total = source.position
    source.report = report.as_dict()
    source.save(update_fields=["stage", "total", "report"])
    return source


def back_to_columns(source: Import, *, failure: str = "") -> Import:
    """The check has come to nothing, and the member may choose anew."""
    forget_check(source)
    source.stage, source.failure = ImportStage.UPLOADED, failure
    source.stop_requested = False
    source.save(update_fields=["stage", "failure", "stop_requested"])
    return source


def fail(source: Import, failure: str) -> Import:
    """Nothing of the import remains but what it says of itself."""
    forget_file(source)
    CheckedRows.objects.filter(source=source).delete()
    source.stage, source.failure, source.ended_at = ImportStage.FAILED, failure, timezone.now()
    source.save(update_fields=["stage", "failure", "ended_at"])
    return source


def forget_check(source: Import) -> None:
    """As if the file had never been checked; the caller saves its stage."""
    CheckedRows.objects.filter(source=source).delete()
    BadRow.objects.filter(source=source).delete()
    source.position, source.total, source.report = 0, 0, {}
    source.save(update_fields=["position", "total", "report"])
