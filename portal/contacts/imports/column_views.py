from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
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
from portal.contacts.models import Import, ImportStage
from portal.contacts.reading import FileRefused, Preview, Reading
from portal.core.errors import Conflict, Refused
from portal.core.parts import wants_part
from portal.core.refusals import show_refusal

MOST_EXAMPLES = 3
_NOTHING = Preview([], [], [])


@dataclass(frozen=True)
class Column:
    """Of the file: its heading, its first cells, and the field where its meaning is chosen."""

    number: int
    heading: str
    examples: list[str]
    field: object


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
    if form.is_valid():
        name, kind = form.cleaned_data["field_name"], form.cleaned_data["field_kind"]
        try:
            field_create(
                organisation=request.organisation, name=name, kind=kind, actor=request.member
            )
        except Refused as refusal:
            form.add_error("field_name", str(refusal.message))
        else:
            form = FieldForm()
    if not wants_part(request):
        return redirect("contacts:import_columns", pk=pk)
    columns = _columns_form(request, source, is_bound=False)
    context = _context(request, source, columns) | {"field_form": form}
    return render(request, "contacts/imports/_columns.html", context)


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
        if name.startswith("column-") and name in form.fields:
            form.fields[name].initial = value


def _context(request: MemberRequest, source: Import, form: ColumnsForm) -> dict[str, object]:
    preview, refusal = _preview(source)
    reading_form = ReadingForm(initial=source.reading, sheets=preview.sheets)
    good = [row.cells for row in preview.rows if row.fault is None][:MOST_EXAMPLES]
    columns = [
        Column(
            number + 1,
            preview.headings[number] if number < len(preview.headings) else "",
            [cells[number][:LONGEST_CELL] for cells in good if number < len(cells)],
            form[f"column-{number}"],
        )
        for number in range(len(source.columns))
    ]
    return {
        "source": source,
        "import": ImportPage(source),
        "form": form,
        "reading_form": reading_form,
        "reading_refusal": refusal,
        "format": source.reading["format"],
        "columns": columns,
        "unreadable": sum(row.fault is not None for row in preview.rows),
        "rows_shown": len(preview.rows),
        "field_form": FieldForm(),
        "may_make_fields": request.member.may(Right.EDIT_CONTACT_FIELDS),
    }


def _preview(source: Import) -> tuple[Preview, str]:
    """The file's first rows, or why there are none."""
    try:
        return import_preview(source), ""
    except FileRefused as refused:
        return _NOTHING, explain_file(refused)
