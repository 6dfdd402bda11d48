from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.file_parts import FileGone
from portal.contacts.imports.forms import FileForm, ReadingForm
from portal.contacts.imports.uploading import chunks_of, has_come_whole, name_of, too_big
from portal.contacts.imports.words import explain_file
from portal.contacts.reading import FileRefused, Preview, Reading
from portal.core.errors import Conflict, Refused
from portal.core.parts import wants_part
from portal.core.refusals import show_refusal
from portal.messaging.models import Sheet
from portal.messaging.sheets.forms import SheetColumnsForm
from portal.messaging.sheets.pages import columns_of, headings_of, shown_rows
from portal.messaging.sheets.services import (
    KEPT,
    sheet_columns_set,
    sheet_delete,
    sheet_preview,
    sheet_read_as,
    sheet_upload,
)

# Among so many first rows each column's first cells are looked for.
ROWS_LOOKED_AT = 200
_NOTHING = Preview([], [], [])


@requires(Right.SEND)
def sheet_add(request: MemberRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if is_sent else FileForm()
    if is_sent and has_come_whole(request, form) and form.is_valid():
        try:
            sheet = sheet_upload(
                actor=request.member, file_name=name_of(form), chunks=chunks_of(form)
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("messaging:sheet", pk=sheet.pk)
    context = {
        "form": form,
        "most_bytes": settings.IMPORT_MAX_BYTES,
        "too_big": too_big(),
        "days_kept": KEPT.days,
    }
    return render(request, "messaging/sheets/upload.html", context)


@requires(Right.SEND)
def sheet(request: MemberRequest, pk: int) -> HttpResponse:
    """How the file is read and what its columns are called; POST leads to the text."""
    shown = _own(request, pk)
    preview, refusal = _preview(shown)
    form = _columns_form(request, shown, preview, is_bound=request.method == "POST")
    if form.is_bound and form.is_valid():
        try:
            sheet_columns_set(
                sheet=shown,
                names=form.names,
                phone_column=form.chosen_phone_column,
                actor=request.member,
            )
        except Refused as refused:
            show_refusal(form, refused)
        else:
            return redirect(f"{reverse('messaging:compose')}?sheet={pk}")
    context = _context(shown, preview, form) | {"reading_refusal": refusal}
    return render(request, "messaging/sheets/sheet.html", context)


@require_POST
@requires(Right.SEND)
def sheet_reread(request: MemberRequest, pk: int) -> HttpResponse:
    """The file is read another way; htmx gets the columns and rows alone."""
    shown = _own(request, pk)
    preview, refusal = _preview(shown)
    reading_form = ReadingForm(request.POST, sheets=preview.sheets)
    if reading_form.is_valid():
        reading = reading_form.reading(Reading.from_dict(shown.reading))
        try:
            shown = sheet_read_as(sheet=shown, reading=reading, actor=request.member)
            preview, refusal = _preview(shown)
        except Refused as refused:
            show_refusal(reading_form, refused)
    if not wants_part(request) and not reading_form.errors:
        return redirect("messaging:sheet", pk=pk)
    form = _columns_form(request, shown, preview, is_bound=False)
    context = _context(shown, preview, form) | {"reading_refusal": refusal}
    if reading_form.errors:
        context["reading_form"] = reading_form
    return _page_or(request, "messaging/sheets/_columns.html", context)


@require_POST
@requires(Right.SEND)
def sheet_rows(request: MemberRequest, pk: int) -> HttpResponse:
    """The first rows by what is chosen in the form, which is not kept yet."""
    shown = _own(request, pk)
    preview, refusal = _preview(shown)
    form = _columns_form(request, shown, preview, is_bound=True)
    form.is_valid()
    form.put_on(shown)
    context = _context(shown, preview, form) | {"reading_refusal": refusal}
    return _page_or(request, "messaging/sheets/_rows.html", context)


@require_POST
@requires(Right.SEND)
def sheet_remove(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        sheet_delete(sheet=_own(request, pk), actor=request.member)
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
        return redirect("messaging:sheet", pk=pk)
    messages.success(request, _("The file has been deleted; nothing was sent."))
    return redirect("messaging:compose")


def _own(request: MemberRequest, pk: int) -> Sheet:
    own = Sheet.objects.visible_to(request.member).select_related("organisation")
    return get_object_or_404(own, pk=pk)


def _columns_form(
    request: MemberRequest, shown: Sheet, preview: Preview, *, is_bound: bool
) -> SheetColumnsForm:
    data = request.POST if is_bound else None
    return SheetColumnsForm(data, sheet=shown, headings=headings_of(shown, preview))


def _context(shown: Sheet, preview: Preview, form: SheetColumnsForm) -> dict[str, Any]:
    return {
        "sheet": shown,
        "form": form,
        "reading_form": ReadingForm(initial=shown.reading, sheets=preview.sheets),
        "format": shown.reading["format"],
        "columns": columns_of(form, headings_of(shown, preview), preview.rows),
        "rows": shown_rows(shown, preview.rows),
    }


def _page_or(request: MemberRequest, part: str, context: dict[str, Any]) -> HttpResponse:
    page = "messaging/sheets/sheet.html"
    return render(request, part if wants_part(request) else page, context)


def _preview(shown: Sheet) -> tuple[Preview, str]:
    """The file's first rows, or why there are none."""
    try:
        return sheet_preview(shown, count=ROWS_LOOKED_AT), ""
    except FileRefused as refused:
        return _NOTHING, explain_file(refused)
    except FileGone:
        return _NOTHING, _("The file has been deleted meanwhile. Upload it again.")
