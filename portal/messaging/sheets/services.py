"""What a member decides about a spreadsheet of theirs."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.file_parts import shown_file_name
from portal.contacts.imports.check import file_limits
from portal.contacts.imports.columns import MOST_COLUMNS
from portal.contacts.imports.words import explain_file
from portal.contacts.reading import FileRefused, Format, Preview, Reading, preview, recognise
from portal.core.errors import Conflict, Refused
from portal.messaging.models import Sheet, Stage
from portal.messaging.sheets.columns import phone_column_guessed
from portal.messaging.sheets.names import names_guessed
from portal.messaging.sheets.storage import store_file, stored_file
from sms.placeholders import fold_name, is_name

# One that no mailing refers to is kept for so long.
KEPT = timedelta(days=7)
_MOST_DELETED = 100
_ROWS_LOOKED_AT = 200
# Of a file that is longer it is told about how many rows it has.
_COUNTED_BYTES = 2**16
_MOST_COUNTED = 2**15


@transaction.atomic
def sheet_upload(*, actor: User, file_name: str, chunks: Iterable[bytes]) -> Sheet:
    """Keep a file, with a guess of how it is read and what its columns are. Raises ``Refused`` at
    ``file`` where it cannot be read."""
    _refuse_unless_sender(actor)
    assert actor.organisation is not None, "who may send is a member"
    name = shown_file_name(file_name)
    sheet = Sheet.objects.create(organisation=actor.organisation, author=actor, file_name=name)
    try:
        sheet.size = store_file(sheet, chunks)
        with stored_file(sheet) as file:
            reading = recognise(file, sheet.file_name, limits=file_limits())
        _read_as(sheet, reading)
    except FileRefused as refused:
        raise Refused(explain_file(refused), field="file") from None
    sheet.save()
    _record(sheet, actor, Action.CREATED)
    return sheet


@transaction.atomic
def sheet_read_as(*, sheet: Sheet, reading: Reading, actor: User) -> Sheet:
    """Read the file another way; its columns are guessed anew. Raises ``Refused`` at ``format``
    where it cannot be read so, ``Conflict`` where a mailing is prepared from it."""
    sheet = _locked(sheet, actor)
    _refuse_if_used(sheet)
    try:
        _read_as(sheet, reading)
    except FileRefused as refused:
        raise Refused(explain_file(refused), field="format") from None
    sheet.save()
    return sheet


@transaction.atomic
def sheet_columns_set(
    *, sheet: Sheet, names: Sequence[str], phone_column: int | None, actor: User
) -> Sheet:
    """Say what the columns are called in texts ("" for one that is not wanted) and which holds the
    numbers. Raises ``Refused`` at ``phone_column`` or ``name-`` and the column's index from 0,
    ``Conflict`` where the columns are others by now or a mailing is prepared from them."""
    sheet = _locked(sheet, actor)
    if len(names) != len(sheet.columns):
        raise Conflict(_("The columns have changed meanwhile. Choose again."))
    if phone_column is None or not 0 <= phone_column < len(names):
        raise Refused(_("Say which column holds the numbers."), field="phone_column")
    _refuse_names(names)
    if (sheet.columns, sheet.phone_column) == (list(names), phone_column):
        return sheet
    _refuse_if_used(sheet)
    sheet.columns, sheet.phone_column = list(names), phone_column
    sheet.save(update_fields=["columns", "phone_column"])
    return sheet


@transaction.atomic
def sheet_delete(*, sheet: Sheet, actor: User) -> None:
    """Raises ``Conflict`` where a mailing refers to it, drafts among them."""
    sheet = _locked(sheet, actor)
    if sheet.mailings.exists():
        raise Conflict(_("A mailing uses this file. Delete the mailing or its draft first."))
    _record(sheet, actor, Action.DELETED)
    Sheet.objects.filter(pk=sheet.pk).delete()


def sheets_expire(*, now: datetime) -> int:
    """Delete what was uploaded long ago and no mailing refers to; returns how many."""
    old = Sheet.objects.filter(created_at__lt=now - KEPT, mailings=None).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:_MOST_DELETED])
    return sum(_expire(pk) for pk in ids)


def sheet_preview(sheet: Sheet, *, count: int) -> Preview:
    """The first ``count`` rows. Raises FileRefused."""
    with stored_file(sheet) as file:
        return preview(file, Reading.from_dict(sheet.reading), count=count, limits=file_limits())


def _read_as(sheet: Sheet, reading: Reading) -> None:
    sheet.reading = reading.as_dict()
    with stored_file(sheet) as file:
        found = preview(file, reading, count=_ROWS_LOOKED_AT, limits=file_limits())
        sheet.row_count = _rows_about(file, reading)
    headings = found.headings[:MOST_COLUMNS]
    countries = sheet.organisation.allowed_countries
    sheet.columns = names_guessed(headings)
    sheet.phone_column = phone_column_guessed(headings, found.rows, countries=countries)


def _rows_about(file: BinaryIO, reading: Reading) -> int:
    """From the file's beginning: exact of one that is not longer."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    is_workbook = reading.format is Format.XLSX
    part = file if is_workbook else BytesIO(file.read(_COUNTED_BYTES))
    counted = preview(part, reading, count=_MOST_COUNTED, limits=file_limits()).rows
    if is_workbook:
        # A workbook is read no further than the rows that were asked for.
        is_all = len(counted) < _MOST_COUNTED
        share = 1.0 if is_all else max(file.tell(), 1) / size
    else:
        share = min(_COUNTED_BYTES, size) / size
    return round(len(counted) / min(share, 1.0))


def _refuse_names(names: Sequence[str]) -> None:
    taken: dict[str, int] = {}
    for at, name in enumerate(names):
        if not name:
            continue
        if not is_name(name):
            words = _("Use letters, digits, spaces, hyphens and underscores alone.")
            raise Refused(words, field=f"name-{at}")
        if fold_name(name) in taken:
            raise Refused(_("Another column is called so already."), field=f"name-{at}")
        taken[fold_name(name)] = at


def _locked(sheet: Sheet, actor: User) -> Sheet:
    """The member's own as it is now, until the transaction ends."""
    _refuse_unless_sender(actor)
    own = Sheet.objects.visible_to(actor).select_related("organisation")
    found = own.select_for_update(of=("self",)).filter(pk=sheet.pk).first()
    if found is None:
        raise Conflict(_("The file has been deleted meanwhile. Upload it again."))
    return found


def _refuse_if_used(sheet: Sheet) -> None:
    """What was prepared from it would not be what it says any more."""
    if sheet.mailings.exclude(stage=Stage.DRAFT).exists():
        raise Conflict(_("A mailing is made of this file. To change anything, upload it again."))


@transaction.atomic
def _expire(pk: int) -> int:
    """How many were deleted."""
    unlocked = Sheet.objects.select_for_update(of=("self",), skip_locked=True)
    sheet = unlocked.filter(pk=pk).first()
    if sheet is None or sheet.mailings.exists():
        return 0
    sheet.delete()
    return 1


def _refuse_unless_sender(actor: User) -> None:
    if not actor.may(Right.SEND):
        raise Refused(_("You may not send messages."))


def _record(sheet: Sheet, actor: User, action: Action) -> None:
    """The file's name may be a person's, and stays out."""
    event_record(
        action=action,
        actor=actor,
        organisation_id=sheet.organisation_id,
        obj=sheet,
        object_label=f"spreadsheet {sheet.pk}",
        details={"size": sheet.size},
    )
