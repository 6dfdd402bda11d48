"""Likely duplicates, and two contacts made one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.fields.words import shown_values
from portal.contacts.merging.duplicates import Alike, duplicates_page
from portal.contacts.merging.forms import MergeForm
from portal.contacts.merging.services import contact_merge
from portal.contacts.models import Group
from portal.contacts.views import visible_contact
from portal.core.errors import Refused
from portal.core.parts import render_part_or_page
from portal.core.refusals import show_refusal


@require_safe
@requires(Right.EDIT_CONTACTS)
def duplicates(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("by", "")
    alike = Alike(asked) if asked in set(Alike) else Alike.NAME
    page = duplicates_page(request.member, alike, cursor=request.GET.get("cursor"))
    # Each contact with the one before it, to compare with.
    sets = [list(zip([None, *found[:-1]], found, strict=True)) for found in page.sets]
    context = {"page": page, "sets": sets, "by": alike.value}
    return render(request, "contacts/merge_duplicates.html", context)


@requires(Right.EDIT_CONTACTS)
def merge(request: MemberRequest, pk: int, other_pk: int) -> HttpResponse:
    """GET asks what of the two is kept, POST merges them."""
    form = _merge_form(request, pk, other_pk)
    if request.method == "POST" and form.is_valid():
        try:
            kept = contact_merge(
                kept=form.stays,
                other=form.goes,
                particulars=form.particulars,
                seen=form.cleaned_data["seen"],
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The two contacts are one now."))
            return redirect("contacts:contact", pk=kept.pk)
    return _shown(request, form)


@require_POST
@requires(Right.EDIT_CONTACTS)
def merge_preview(request: MemberRequest, pk: int, other_pk: int) -> HttpResponse:
    """What would come of what was chosen; htmx gets the result alone. By POST, since names and
    notes are not to stand in addresses."""
    return _shown(request, _merge_form(request, pk, other_pk))


def _merge_form(request: MemberRequest, pk: int, other_pk: int) -> MergeForm:
    if pk == other_pk:
        raise Http404
    pair = [visible_contact(request, pk), visible_contact(request, other_pk)]
    fields = list(request.organisation.contact_fields.all())
    posted = request.POST if request.method == "POST" else None
    return MergeForm(posted, pair=pair, fields=fields)


def _shown(request: MemberRequest, form: MergeForm) -> HttpResponse:
    groups = Group.objects.visible_to(request.member).filter(contacts__in=form.pair)
    context = {
        "form": form,
        "columns": [(one, shown_values(one, form.own_fields)) for one in form.pair],
        "groups": groups.distinct(),
    }
    return render_part_or_page(
        request, part="contacts/_merge_result.html", page="contacts/merge.html", context=context
    )
