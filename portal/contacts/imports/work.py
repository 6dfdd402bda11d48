"""The worker's part: an import goes on under a lease, a slice at a time."""

import logging
import math
import uuid

from django.db.models import QuerySet

from portal.contacts.file_parts import FileGone
from portal.contacts.imports.check import check_slice
from portal.contacts.imports.doorbell import ring
from portal.contacts.imports.undo import undo_slice
from portal.contacts.imports.write import write_slice
from portal.contacts.models import Import, ImportStage
from portal.contacts.models.imports import IN_WORK
from portal.core.lease import LeaseLost, let_go, take

log = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
_WORK = {
    ImportStage.CHECKING: check_slice,
    ImportStage.WRITING: write_slice,
    ImportStage.UNDOING: undo_slice,
}


def work_slice(import_id: int) -> None:
    """Go on with an import for some seconds, unless somebody else is at it, and ring for what is
    left of it. What is left where an error or a kill ends it, its lease's end gives to another."""
    went_on = _slice(import_id, seconds=SLICE_SECONDS)
    left = _in_work().filter(pk=import_id)
    if went_on and left.exists():
        ring(import_id)


def work_to_the_end(import_id: int) -> None:
    """Go on until this stage is over, here; returns early where it is not this process's turn. In
    one go: each slice of a check reads the file again as far as it had come."""
    while _slice(import_id, seconds=math.inf):
        pass


def _in_work() -> QuerySet[Import]:
    return Import.objects.filter(stage__in=IN_WORK)


def _slice(import_id: int, *, seconds: float) -> bool:
    """Whether it went on; not where it waits for its turn, or another worker has it."""
    token = take(_in_work(), import_id)
    if token is None:
        return False
    try:
        return _go_on(import_id, token, seconds)
    except (LeaseLost, FileGone):
        log.info("import %s is somebody else's now", import_id)
        return False


def _go_on(import_id: int, token: uuid.UUID, seconds: float) -> bool:
    related = ("organisation", "group", "author")
    source = Import.objects.select_related(*related).get(pk=import_id)
    before = (source.stage, source.position)
    if work := _WORK.get(ImportStage(source.stage)):
        work(source, token, seconds=seconds)
    let_go(Import.objects.all(), import_id, token)
    after = Import.objects.values_list("stage", "position").get(pk=import_id)
    return before != after
