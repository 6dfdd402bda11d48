from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.counts import contacts_counted
from portal.contacts.groups.condition_queries import is_filter_whole
from portal.contacts.groups.conditions import Match, conditions_read
from portal.contacts.groups.forms import GroupForm
from portal.contacts.groups.rule_forms import vocabulary_of
from portal.contacts.groups.rule_words import rules_in_words
from portal.contacts.groups.services import (
    group_add_contact,
    group_change,
    group_create,
    group_delete,
    group_remove_contact,
)
from portal.contacts.lists.filters import Filters, Whose
from portal.contacts.lists.search import search_page
from portal.contacts.models import Contact, Group
from portal.contacts.selectors import MOST_COUNTED, contacts_of, count_up_to, groups_of
from portal.contacts.stop_list.reads import numbers_stopped
from portal.core.errors import Refused
from portal.core.keyset import KeysetPage, keyset_page
from portal.core.parts import render_part_or_page, wants_part
from portal.core.refusals import missing_if_gone, show_refusal

MOST_FOUND = 10


@require_safe
@requires(Right.SEE_CONTACTS)
def groups(request: MemberRequest) -> HttpResponse:
    page = keyset_page(
        groups_of(request.member), fields=("name", "id"), cursor=request.GET.get("cursor")
    )
    context = {
        "page": page,
        "most_counted": MOST_COUNTED,
        "may_edit": request.member.may(Right.EDIT_CONTACTS),
    }
    return render(request, "contacts/groups.html", context)


@require_safe
@requires(Right.SEE_CONTACTS)
def group_size(request: MemberRequest, pk: int) -> HttpResponse:
    """How many a saved filter finds, for the list, which does not wait for it."""
    shown = _group(request, pk)
    size = count_up_to(contacts_of(shown, now=timezone.now()))
    context = {"size": size, "most_counted": MOST_COUNTED}
    return render(request, "contacts/_group_size.html", context)


@require_safe
@requires(Right.SEE_CONTACTS)
def group(request: MemberRequest, pk: int) -> HttpResponse:
    """The group's contacts, and those that ``?q=`` finds to add; htmx gets the found alone."""
    shown = _group(request, pk)
    query = request.GET.get("q", "").strip()
    context: dict[str, Any] = {
        "group": shown,
        "query": query,
        "export_query": urlencode({"group": shown.pk}),
        "found": _found(request, shown, query),
        "may_edit": request.member.may(Right.EDIT_CONTACTS),
    }
    if not wants_part(request):
        context |= _in_group(request, shown)
    return render_part_or_page(
        request, part="contacts/_found.html", page="contacts/group.html", context=context
    )


@requires(Right.EDIT_CONTACTS)
def group_add(request: MemberRequest) -> HttpResponse:
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = group_create(actor=request.member, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The group has been made. Now add contacts to it."))
            return redirect("contacts:group", pk=made.pk)
    return render(request, "contacts/group_form.html", {"form": form})


@requires(Right.EDIT_CONTACTS)
def group_edit(request: MemberRequest, pk: int) -> HttpResponse:
    shown = _group(request, pk)
    form = GroupForm(request.POST or None, group=shown)
    if request.method == "POST" and form.is_valid():
        try:
            group_change(group=shown, actor=request.member, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The group has been renamed."))
            return redirect("contacts:group", pk=pk)
    return render(request, "contacts/group_form.html", {"form": form, "group": shown})


@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def group_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    shown = _group(request, pk)
    if request.method != "POST":
        return render(request, "contacts/group_remove.html", {"group": shown})
    group_delete(group=shown, actor=request.member)
    messages.success(request, _("The group has been deleted; its contacts stay."))
    return redirect("contacts:groups")


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def member_add(request: MemberRequest, pk: int, contact_pk: int) -> HttpResponse:
    contact = _contact(request, contact_pk)
    group_add_contact(group=_group(request, pk), contact=contact, actor=request.member)
    messages.success(request, _("%(name)s is in the group now.") % {"name": contact})
    return redirect(_page_with_search(request, pk))


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def member_remove(request: MemberRequest, pk: int, contact_pk: int) -> HttpResponse:
    contact = _contact(request, contact_pk)
    group_remove_contact(group=_group(request, pk), contact=contact, actor=request.member)
    messages.success(request, _("%(name)s has left the group.") % {"name": contact})
    return redirect("contacts:group", pk=pk)


def _in_group(request: MemberRequest, shown: Group) -> dict[str, Any]:
    """Who is in it, and why, where it is a saved filter."""
    page = search_page(
        member=request.member,
        query="",
        filters=Filters(group=shown),
        cursor=request.GET.get("cursor"),
    )
    is_whole = not shown.is_filter or is_filter_whole(shown)
    phones = [contact.phone for contact in page.items if contact.phone]
    context = {
        "is_whole": is_whole,
        "page": page,
        "size": _size(shown, page),
        "stopped": numbers_stopped(request.organisation.pk, phones),
    }
    if shown.is_filter and is_whole:
        conditions = conditions_read(shown.conditions)
        context["matches_any"] = conditions.match is Match.ANY
        context["rules"] = rules_in_words(conditions, vocabulary_of(request.member))
    return context


def _size(shown: Group, page: KeysetPage[Contact]) -> str:
    """Blank where it may take long."""
    if page.next_cursor is None and page.is_first:
        return contacts_counted(len(page.items))
    if shown.is_filter:
        return ""
    return contacts_counted(count_up_to(contacts_of(shown, now=timezone.now())))


def _page_with_search(request: MemberRequest, pk: int) -> str:
    """Several contacts found by one search can be added one after another."""
    page = reverse("contacts:group", args=[pk])
    query = request.POST.get("q", "")
    return f"{page}?{urlencode({'q': query})}" if query else page


def _group(request: MemberRequest, pk: int) -> Group:
    return get_object_or_404(Group.objects.visible_to(request.member), pk=pk)


def _contact(request: MemberRequest, pk: int) -> Contact:
    return get_object_or_404(Contact.objects.visible_to(request.member), pk=pk)


def _found(request: MemberRequest, shown: Group, query: str) -> list[tuple[Contact, bool]]:
    """Contacts that may be added, each with whether it is in the group already."""
    if not query or shown.is_filter:
        return []
    addable = Filters(whose=Whose.ALL if shown.owner_id else Whose.SHARED)
    found = search_page(member=request.member, query=query, filters=addable, size=MOST_FOUND).items
    inside = set(shown.contacts.filter(pk__in=[contact.pk for contact in found]).values_list("pk"))
    return [(contact, (contact.pk,) in inside) for contact in found]
