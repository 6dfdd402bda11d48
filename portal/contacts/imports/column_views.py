from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.fields.services import field_create
from portal.contacts.imports.columns import own_fields
from portal.contacts.imports.forms import ColumnsForm, FieldForm, ReadingForm
from portal.contacts.imports.pages import LONGEST_CELL, ImportPage
from portal.contacts.imports.services import import_check, import_preview, import_read_as
from portal.contacts.imports.views import own_import
from portal.contacts.imports.words import explain_file
from portal.contacts.models import ContactField, Import, ImportStage
from portal.contacts.reading import FileRefused, Format, Preview, Reading, Row, fold_heading
from portal.core.errors import Conflict, Refused
from portal.core.parts import wants_part
from portal.core.refusals import show_refusal

MOST_EXAMPLES = 3
# Among so many first rows each column's first cells are looked for.
ROWS_LOOKED_AT = 500
_NOTHING = Preview([], [], [])


@dataclass(frozen=True)
class Column:
    """Of the file: its heading, its first filled cells, and the field where its meaning is chosen.
    ``is_shown``: not where a card has no such line throughout."""

    number: int
    heading: str
    examples: list[str]
    field: BoundField
    is_shown: bool


@requires(Right.EDIT_CONTACTS)
def import_columns(request: MemberRequest, pk: int) -> HttpResponse:
    """How the file is read and what its columns are; POST has it checked."""
    source = own_import(request, pk)
    if source.stage not in (ImportStage.UPLOADED, ImportStage.CHECKED):
        return redirect("contacts:import", pk=pk)
    form = _columns_form(request, source)
    if request.method == "POST" and form.is_valid():
        try:
            import_check(
                source=source,
                columns=form.columns,
                destination=form.destination,
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("contacts:import", pk=pk)
    return render(request, "contacts/imports/columns.html", _context(request, source, form))


@require_POST
@requires(Right.EDIT_CONTACTS)
def import_reread(request: MemberRequest, pk: int) -> HttpResponse:
    """The file is read another way; htmx gets the columns alone."""
    source = own_import(request, pk)
    before = Reading.from_dict(source.reading)
    form = ReadingForm(request.POST, sheets=_preview(source)[0].sheets)
    if form.is_valid():
        try:
            source = import_read_as(
                source=source, reading=form.reading(before), actor=request.member
            )
        except Conflict as conflict:
            messages.warning(request, str(conflict.message))
            return redirect("contacts:import", pk=pk)
        except Refused as refusal:
            show_refusal(form, refusal)
    if not wants_part(request):
        return redirect("contacts:import_columns", pk=pk)
    context = _context(request, source, _columns_form(request, source, is_bound=False))
    if form.errors:
        context["reading_form"] = form
    return render(request, "contacts/imports/_columns.html", context)


@require_POST
@requires(Right.EDIT_CONTACT_FIELDS)
def import_field(request: MemberRequest, pk: int) -> HttpResponse:
    """A new field, without leaving the page; what was chosen for columns stays."""
    source = own_import(request, pk)
    form = FieldForm(request.POST)
    made = _field_made(request, form) if form.is_valid() else None
    columns = _columns_form(request, source, is_bound=False)
    context = _context(request, source, columns) | {"field_form": FieldForm() if made else form}
    if made:
        context["field_form"].fields["field_name"].widget.attrs["autofocus"] = True
        context["made"] = _made_words(made, _choose_for(made, context["columns"]))
    part = "contacts/imports/_columns.html"
    return render(
        request, part if wants_part(request) else "contacts/imports/columns.html", context
    )


def _field_made(request: MemberRequest, form: FieldForm) -> ContactField | None:
    try:
        return field_create(
            organisation=request.organisation,
            name=form.cleaned_data["field_name"],
            kind=form.cleaned_data["field_kind"],
            actor=request.member,
        )
    except Refused as refusal:
        form.add_error("field_name", str(refusal.message))
        return None


def _choose_for(made: ContactField, columns: Sequence[Column]) -> str:
    """Choose the field for the first column of its name; of two it would be refused. Returns the
    column's heading, "" where there is none."""
    for column in columns:
        if fold_heading(column.heading) == fold_heading(made.name):
            column.field.field.initial = f"field:{made.pk}"
            return column.heading
    return ""


def _made_words(made: ContactField, heading: str) -> str:
    if not heading:
        return _("The field “%(name)s” has been made. Choose it for its column.") % {
            "name": made.name
        }
    words = _("The field “%(name)s” has been made and chosen for the column “%(heading)s”.")
    return words % {"name": made.name, "heading": heading}


def _columns_form(
    request: MemberRequest, source: Import, *, is_bound: bool | None = None
) -> ColumnsForm:
    """Bound to what was sent; or else showing what of it is still there to be chosen."""
    fields = own_fields(request.organisation)
    is_sent = request.method == "POST" if is_bound is None else is_bound
    data = request.POST if is_sent else None
    form = ColumnsForm(data, source=source, member=request.member, fields=fields)
    if data is None and request.method == "POST":
        _keep_choices(request, form)
    return form


def _keep_choices(request: MemberRequest, form: ColumnsForm) -> None:
    if request.POST.get("is_reread"):
        return
    for name, value in request.POST.items():
        if name in form.fields:
            form.fields[name].initial = value
            form.initial.pop(name, None)


def _context(request: MemberRequest, source: Import, form: ColumnsForm) -> dict[str, Any]:
    preview, refusal = _preview(source)
    reading_form = ReadingForm(initial=source.reading, sheets=preview.sheets)
    good = [row for row in preview.rows if row.fault is None]
    is_card = source.reading["format"] == Format.VCARD
    return {
        "source": source,
        "import": ImportPage(source),
        "form": form,
        "reading_form": reading_form,
        "reading_refusal": refusal,
        "format": source.reading["format"],
        "columns": [
            _column(preview.headings, good, number, form, is_card=is_card)
            for number in range(len(source.columns))
        ],
        "unreadable": sum(row.fault is not None for row in preview.rows),
        "rows_shown": len(preview.rows),
        "field_form": FieldForm(),
        "may_make_fields": request.member.may(Right.EDIT_CONTACT_FIELDS),
    }


def _column(
    headings: Sequence[str], rows: Sequence[Row], number: int, form: ColumnsForm, *, is_card: bool
) -> Column:
    cells = (row.cells[number] for row in rows if number < len(row.cells))
    examples = [cell[:LONGEST_CELL] for cell in islice(filter(str.strip, cells), MOST_EXAMPLES)]
    heading = headings[number] if number < len(headings) else ""
    is_shown = bool(examples) or not is_card
    return Column(number + 1, heading, examples, form[f"column-{number}"], is_shown)


def _preview(source: Import) -> tuple[Preview, str]:
    """The file's first rows, or why there are none."""
    try:
        return import_preview(source, count=ROWS_LOOKED_AT), ""
    except FileRefused as refused:
        return _NOTHING, explain_file(refused)
