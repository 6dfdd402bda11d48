"""The page of an organisation's own fields, for those who may change them."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.models import Organisation
from portal.accounts.rights import Right
from portal.contacts.fields.forms import FieldForm, FieldNameForm
from portal.contacts.fields.reads import contacts_with_value, filters_asking
from portal.contacts.fields.services import field_create, field_delete, field_move, field_rename
from portal.contacts.models import ContactField, FieldKind
from portal.contacts.models.field import MOST_FIELDS
from portal.contacts.selectors import MOST_COUNTED
from portal.core.errors import Refused
from portal.core.refusals import missing_if_gone, show_refusal

SUGGESTIONS: Sequence[tuple[str | Promise, FieldKind]] = (
    (gettext_lazy("Birthday"), FieldKind.DATE),
    (gettext_lazy("City"), FieldKind.TEXT),
)
# As organisations call them beside.
_ALSO_CALLED: Mapping[str, frozenset[str]] = {
    "Birthday": frozenset({"дата рождения", "др", "date of birth", "birth date"}),
}
_STEPS = {"up": -1, "down": 1}


@requires(Right.EDIT_CONTACT_FIELDS)
def fields(request: MemberRequest) -> HttpResponse:
    """The fields in their order; POST adds one."""
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            field = field_create(
                organisation=request.organisation, actor=request.member, **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The field “%(name)s” is there.") % {"name": field})
            return redirect("contacts:fields")
    there = list(request.organisation.contact_fields.all())
    context = {
        "fields": there,
        "form": form,
        "suggestions": _suggestions(there),
        "is_full": len(there) >= MOST_FIELDS,
        "most": MOST_FIELDS,
    }
    return render(request, "contacts/fields.html", context)


@requires(Right.EDIT_CONTACT_FIELDS)
def field_edit(request: MemberRequest, pk: int) -> HttpResponse:
    field = _field(request.organisation, pk)
    form = FieldNameForm(request.POST or None, initial={"name": field.name})
    if request.method == "POST" and form.is_valid():
        try:
            field_rename(field=field, actor=request.member, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The field has been renamed."))
            return redirect("contacts:fields")
    return render(request, "contacts/field_form.html", {"form": form, "field": field})


@require_POST
@requires(Right.EDIT_CONTACT_FIELDS)
@missing_if_gone
def field_step(request: MemberRequest, pk: int) -> HttpResponse:
    """``step``: up or down."""
    step = _STEPS.get(request.POST.get("step", ""))
    if step is None:
        return HttpResponseBadRequest()
    field_move(field=_field(request.organisation, pk), by=step, actor=request.member)
    return redirect("contacts:fields")


@requires(Right.EDIT_CONTACT_FIELDS)
@missing_if_gone
def field_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    field = _field(request.organisation, pk)
    if request.method != "POST":
        context = {
            "field": field,
            "count": contacts_with_value(field),
            "most": MOST_COUNTED,
            "filters": filters_asking(field, request.member),
        }
        return render(request, "contacts/field_remove.html", context)
    field_delete(field=field, actor=request.member)
    messages.success(request, _("The field “%(name)s” has been deleted.") % {"name": field})
    return redirect("contacts:fields")


def _field(organisation: Organisation, pk: int) -> ContactField:
    return get_object_or_404(organisation.contact_fields, pk=pk)


def _suggestions(there: Sequence[ContactField]) -> list[tuple[str, str, str]]:
    """Name, kind and the kind's name of what most organisations want and this one has not."""
    names = {field.name.casefold() for field in there}
    return [
        (str(name), kind.value, str(kind.label))
        for name, kind in SUGGESTIONS
        if names.isdisjoint(_said_anyhow(name))
    ]


def _said_anyhow(name: str | Promise) -> set[str]:
    """In every language of the site, whichever the field was named in."""
    said: set[str] = set()
    for code, _language in settings.LANGUAGES:
        with override(code):
            said.add(str(name).casefold())
    with override("en"):
        return said | _ALSO_CALLED.get(str(name), frozenset())
