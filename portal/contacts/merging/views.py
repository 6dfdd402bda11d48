"""Likely duplicates, and two contacts made one or told apart."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.fields.words import ShownValue, shown_values
from portal.contacts.merging.duplicates import Alike, duplicates_page
from portal.contacts.merging.forms import MergeForm
from portal.contacts.merging.services import contact_merge, pair_take_back, pair_tell_apart
from portal.contacts.models import Contact, DistinctPair, Group
from portal.contacts.views import visible_contact
from portal.core.errors import Refused
from portal.core.keyset import keyset_page
from portal.core.parts import render_part_or_page
from portal.core.refusals import missing_if_gone, show_refusal

_FIELDS_SHOWN = 2


@require_safe
@requires(Right.EDIT_CONTACTS)
def duplicates(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("by", "")
    alike = Alike(asked) if asked in set(Alike) else Alike.NAME
    page = duplicates_page(request.member, alike, cursor=request.GET.get("cursor"))
    context = {"page": page, "pairs": _with_values(request, page.pairs), "by": alike.value}
    return render(request, "contacts/merge_duplicates.html", context)


@require_safe
@requires(Right.EDIT_CONTACTS)
def told_apart(request: MemberRequest) -> HttpResponse:
    """The pairs that were said to be different people, newest first."""
    told = DistinctPair.objects.visible_to(request.member).select_related("first", "second")
    page = keyset_page(told, cursor=request.GET.get("cursor"), fields=("-id",), size=20)
    pairs = _with_values(request, [(pair.first, pair.second) for pair in page.items])
    context = {"page": page, "pairs": list(zip(page.items, pairs, strict=True))}
    return render(request, "contacts/merge_told_apart.html", context)


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def tell_apart(request: MemberRequest, pk: int, other_pk: int) -> HttpResponse:
    """``by`` and ``cursor``: the page of the duplicates to go on with."""
    if pk == other_pk:
        raise Http404
    one, other = visible_contact(request, pk), visible_contact(request, other_pk)
    pair_tell_apart(one=one, other=other, actor=request.member)
    messages.success(request, _("The two are different people; they stand here no more."))
    return redirect(f"{reverse('contacts:duplicates')}?{_place(request)}")


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def take_back(request: MemberRequest, pk: int) -> HttpResponse:
    told = DistinctPair.objects.visible_to(request.member).select_related("first", "second")
    pair_take_back(pair=get_object_or_404(told, pk=pk), actor=request.member)
    messages.success(request, _("The two are among the likely duplicates again."))
    return redirect("contacts:told_apart")


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


def _place(request: MemberRequest) -> str:
    """Which page of the duplicates the button was on."""
    place = {name: request.POST[name] for name in ("by", "cursor") if request.POST.get(name)}
    return urlencode(place)


def _with_values(
    request: MemberRequest, pairs: Sequence[tuple[Contact, Contact]]
) -> list[list[tuple[Contact, list[ShownValue]]]]:
    """Each contact with the fields that tell namesakes apart: the first of the organisation's."""
    fields = list(request.organisation.contact_fields.all()[:_FIELDS_SHOWN])
    return [[(one, shown_values(one, fields)) for one in pair] for pair in pairs]


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
