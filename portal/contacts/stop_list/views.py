from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.models import StopListEntry, StopSource
from portal.contacts.stop_list.forms import StopListForm, StopListRemoveForm
from portal.contacts.stop_list.pages import stop_list_page
from portal.contacts.stop_list.services import stop_list_add, stop_list_remove
from portal.contacts.stop_list.words import tell_added
from portal.core.errors import Conflict, Refused
from portal.core.parts import render_part_or_page
from portal.core.refusals import show_refusal


@require_safe
@requires(Right.SEE_CONTACTS)
def stop_list(request: MemberRequest) -> HttpResponse:
    """The list; htmx gets the entries alone."""
    query = request.GET.get("q", "").strip()
    context = {
        "page": stop_list_page(
            member=request.member, query=query, cursor=request.GET.get("cursor")
        ),
        "query": query,
        "may_add": request.member.may(Right.EDIT_CONTACTS),
        "may_remove": request.member.may(Right.EDIT_STOP_LIST),
    }
    return render_part_or_page(
        request,
        part="contacts/_stop_list_entries.html",
        page="contacts/stop_list.html",
        context=context,
    )


@requires(Right.EDIT_CONTACTS)
def stop_list_add_numbers(request: MemberRequest) -> HttpResponse:
    """``numbers`` in the query: what the form begins with."""
    form = StopListForm(
        request.POST or None,
        organisation=request.organisation,
        numbers=request.GET.get("numbers", ""),
    )
    if request.method == "POST" and form.is_valid():
        try:
            added = stop_list_add(
                organisation=request.organisation,
                phones=form.cleaned_data["numbers"].numbers,
                reason=form.cleaned_data["reason"],
                source=StopSource.HAND,
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            tell_added(request, added)
            return redirect("contacts:stop_list")
    return render(request, "contacts/stop_list_add.html", {"form": form})


@requires(Right.EDIT_STOP_LIST)
def stop_list_remove_number(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks why, POST removes. The platform's entries are as good as unknown here."""
    own = StopListEntry.objects.filter(organisation=request.organisation)
    entry = get_object_or_404(own, pk=pk)
    form = StopListRemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            stop_list_remove(entry=entry, reason=reason, actor=request.member)
        except Conflict as conflict:
            messages.info(request, str(conflict.message))
            return redirect("contacts:stop_list")
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            words = _("%(number)s has been taken off the stop list.")
            messages.success(request, words % {"number": entry.phone_display})
            return redirect("contacts:stop_list")
    return render(request, "contacts/stop_list_remove.html", {"form": form, "entry": entry})
