"""What a member decides about an import of theirs. Nothing is written to contacts before
``import_confirm``, and nothing by it: a worker writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.audit.models import Action
from portal.contacts.file_parts import shown_file_name
from portal.contacts.groups.services import group_create
from portal.contacts.imports.check import file_limits, forget_check
from portal.contacts.imports.columns import (
    meanings_guessed,
    meanings_open,
    own_fields,
    remember,
    says_whom,
)
from portal.contacts.imports.doorbell import ring
from portal.contacts.imports.report import Report
from portal.contacts.imports.standing import may_import
from portal.contacts.imports.storage import store_file, stored_file
from portal.contacts.imports.trail import record
from portal.contacts.imports.words import explain_file
from portal.contacts.models import Group, Import, ImportStage, ImportTarget
from portal.contacts.reading import FileRefused, Preview, Reading, preview, recognise
from portal.core.errors import Conflict, Refused

# While the columns may still be chosen.
_OPEN = (ImportStage.UPLOADED, ImportStage.CHECKED)


@dataclass(frozen=True)
class Destination:
    """Where good rows go. ``is_own``: the member's own contacts, not shared ones. ``group``: an
    existing one; ``new_group``: the name of one to be made ("" for none). ``reason``: of
    numbers for the stop list of which the file gives none."""

    is_own: bool = False
    group: Group | None = None
    new_group: str = ""
    updates_known: bool = True
    reason: str = ""


@transaction.atomic
def import_upload(
    *, actor: User, target: ImportTarget, file_name: str, chunks: Iterable[bytes]
) -> Import:
    """Keep a file, with a guess of how it is read and what its columns are. Raises ``Refused`` at
    ``file`` where it cannot be read."""
    organisation = _organisation_of(actor)
    source = Import.objects.create(
        organisation=organisation,
        author=actor,
        target=target,
        file_name=shown_file_name(file_name),
    )
    try:
        source.size = store_file(source, chunks)
        with stored_file(source) as file:
            reading = recognise(file, source.file_name, limits=file_limits())
        _read_as(source, reading)
    except FileRefused as refused:
        raise Refused(explain_file(refused), field="file") from None
    source.save()
    record(source, Action.CREATED, {"size": source.size})
    return source


@transaction.atomic
def import_read_as(*, source: Import, reading: Reading, actor: User) -> Import:
    """Read the file another way; its columns are guessed anew. Raises ``Refused`` at ``format``
    where it cannot be read so."""
    source = _locked(source, actor, *_OPEN)
    try:
        _read_as(source, reading)
    except FileRefused as refused:
        raise Refused(explain_file(refused), field="format") from None
    source.stage, source.failure = ImportStage.UPLOADED, ""
    source.save()
    forget_check(source)
    return source


@transaction.atomic
def import_check(
    *, source: Import, columns: Sequence[str], destination: Destination, actor: User
) -> Import:
    """Have the file checked. Raises ``Refused`` where the columns say of nobody, or the group does
    not take such contacts."""
    source = _locked(source, actor, *_OPEN)
    _refuse_columns(source, columns)
    _refuse_destination(actor, destination)
    source.columns = list(columns)
    source.owner = actor if destination.is_own else None
    source.group = destination.group
    source.group_name = destination.group.name if destination.group else destination.new_group
    source.updates_known = destination.updates_known
    source.outcome = {"group_existed": destination.group is not None, "reason": destination.reason}
    source.stage, source.failure, source.stop_requested = ImportStage.CHECKING, "", False
    source.takeovers = 0
    headings = _headings_of(source)
    forget_check(source)
    source.report = Report(headings=headings).as_dict()
    source.save()
    transaction.on_commit(lambda: ring(source.pk))
    return source


@transaction.atomic
def import_confirm(*, source: Import, actor: User) -> Import:
    """Have what the check found good written. A second time changes nothing. Raises ``Refused``."""
    source = _locked(source, actor, ImportStage.CHECKED, ImportStage.WRITING, ImportStage.DONE)
    if source.stage != ImportStage.CHECKED:
        return source
    report = Report.from_dict(source.report)
    if not report.good:
        raise Refused(_("There is no row that could be imported."))
    _make_group(source, actor)
    if source.owner_id is None:
        remember(source, report.headings)
    source.stage, source.position, source.begun_at = ImportStage.WRITING, 0, None
    source.takeovers, source.stop_requested = 0, False
    source.save()
    counts = {"good": report.good, "known": report.known, "bad": report.bad}
    record(source, Action.SUBMITTED, counts)
    transaction.on_commit(lambda: ring(source.pk))
    return source


@transaction.atomic
def import_stop(*, source: Import, actor: User) -> Import:
    """Have the check given up, or the writing stopped and taken back. Raises ``Conflict`` where
    it is over already."""
    source = _locked(source, actor, ImportStage.CHECKING, ImportStage.WRITING)
    source.stop_requested = True
    source.save(update_fields=["stop_requested"])
    record(source, Action.CANCELLED, {"stage": source.stage})
    transaction.on_commit(lambda: ring(source.pk))
    return source


@transaction.atomic
def import_undo(*, source: Import, actor: User) -> Import:
    """Have all of a finished import taken back. A second time changes nothing."""
    source = _locked(source, actor, ImportStage.DONE, ImportStage.UNDOING, ImportStage.UNDONE)
    if source.stage != ImportStage.DONE:
        return source
    source.stage, source.position, source.begun_at = ImportStage.UNDOING, 0, None
    source.total = source.outcome.get("made", 0) + source.outcome.get("changed", 0)
    source.takeovers = 0
    source.save()
    record(source, Action.CANCELLED, {"imported": source.outcome})
    transaction.on_commit(lambda: ring(source.pk))
    return source


@transaction.atomic
def import_discard(*, source: Import, actor: User) -> None:
    """Delete a file that was not imported. Raises ``Conflict`` where it was."""
    source = _locked(source, actor, *_OPEN)
    record(source, Action.DELETED, {})
    Import.objects.filter(pk=source.pk).delete()


def import_preview(source: Import, *, count: int = 20) -> Preview:
    """The first ``count`` rows. Raises FileRefused."""
    with stored_file(source) as file:
        return preview(file, Reading.from_dict(source.reading), count=count, limits=file_limits())


def _headings_of(source: Import) -> list[str]:
    try:
        return import_preview(source).headings
    except FileRefused as refused:
        raise Refused(explain_file(refused), field="format") from None


def _read_as(source: Import, reading: Reading) -> None:
    source.reading = reading.as_dict()
    source.columns = meanings_guessed(source, import_preview(source))


def _refuse_columns(source: Import, columns: Sequence[str]) -> None:
    known = meanings_open(source, own_fields(source.organisation))
    if len(columns) != len(source.columns) or any(one not in known for one in columns):
        raise Conflict(_("The columns have changed meanwhile. Choose again."))
    if says_whom(columns, source.target):
        return
    if source.target == ImportTarget.STOP_LIST:
        raise Refused(_("Say which column holds the numbers."), field="columns")
    raise Refused(_("Say which column holds the numbers, or the names."), field="columns")


def _refuse_destination(actor: User, destination: Destination) -> None:
    group = destination.group
    if group is None:
        return
    # Locked, so that it is not deleted before the import has it.
    visible = Group.objects.visible_to(actor).select_for_update(no_key=True, of=("self",))
    if not visible.filter(pk=group.pk, conditions__isnull=True):
        raise Conflict(
            _("The chosen group has been deleted meanwhile. Choose again."), field="group"
        )
    if destination.is_own and group.owner_id is None:
        raise Refused(_("A shared group has shared contacts alone."), field="group")


def _make_group(source: Import, actor: User) -> None:
    """The group that was wanted is made, or still there."""
    if not source.group_name or source.group is not None:
        return
    if source.outcome.get("group_existed"):
        raise Refused(_("The chosen group has been deleted meanwhile. Choose again."))
    source.group = group_create(
        name=source.group_name, actor=actor, is_own=source.owner_id is not None
    )
    source.outcome["made_group"] = source.group.pk


def _locked(source: Import, actor: User, *stages: ImportStage) -> Import:
    """The member's import as it is now, until the transaction ends."""
    rows = Import.objects.visible_to(actor).select_for_update(no_key=True, of=("self",))
    found = rows.select_related("organisation", "author", "group").filter(pk=source.pk).first()
    if found is None:
        raise Conflict(_("The import has been deleted meanwhile."))
    if not may_import(actor, found.organisation_id):
        raise Refused(_("Your role does not change contacts."))
    if found.stage not in stages:
        raise Conflict(_("The import has gone on meanwhile."))
    return found


def _organisation_of(actor: User) -> Organisation:
    if actor.organisation is None or not may_import(actor, actor.organisation.pk):
        raise Refused(_("Your role does not change contacts."))
    return actor.organisation
