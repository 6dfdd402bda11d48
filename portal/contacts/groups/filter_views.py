"""The builder of saved filters, with a look at whom one finds."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.groups.condition_queries import found_by
from portal.contacts.groups.conditions import MOST_RULES, ConditionsBroken, conditions_read
from portal.contacts.groups.filter_forms import (
    SavedFilterForm,
    data_of_group,
    data_of_list,
    with_a_rule_more,
    without_rule,
)
from portal.contacts.groups.services import group_change, group_create
from portal.contacts.lists.query import FilterGone, list_query
from portal.contacts.models import SHARED, Contact, ContactQuerySet, Group
from portal.contacts.selectors import MOST_COUNTED, count_up_to
from portal.contacts.stop_list.reads import numbers_stopped
from portal.core.errors import Refused
from portal.core.parts import render_part_or_page
from portal.core.refusals import show_refusal

FIRST_NAMES = 5


@requires(Right.EDIT_CONTACTS)
def filter_add(request: MemberRequest) -> HttpResponse:
    """It begins with what narrows the list, where the address says that."""
    if request.method != "POST":
        try:
            data = data_of_list(list_query(request.member, request.GET.dict()))
        except FilterGone:
            raise Http404 from None
        return _page(request, SavedFilterForm(data, member=request.member))
    form = _posted(request)

    def save() -> Group:
        return group_create(
            name=form.cleaned_data["name"],
            actor=request.member,
            is_own=form.is_own,
            conditions=form.conditions,
        )

    return _answered(request, form, save, None)


@requires(Right.EDIT_CONTACTS)
def filter_edit(request: MemberRequest, pk: int) -> HttpResponse:
    filters = Group.objects.visible_to(request.member).exclude(conditions__isnull=True)
    group = get_object_or_404(filters, pk=pk)
    if request.method != "POST":
        form = SavedFilterForm(_data(group), member=request.member, is_old=True)
        return _page(request, form, group)
    form = _posted(request, group)

    def save() -> Group:
        return group_change(
            group=group,
            name=form.cleaned_data["name"],
            actor=request.member,
            conditions=form.conditions,
        )

    return _answered(request, form, save, group)


def _data(group: Group) -> Mapping[str, Any]:
    try:
        return data_of_group(group, conditions_read(group.conditions))
    except ConditionsBroken:
        return {"name": group.name}


def _posted(request: MemberRequest, group: Group | None = None) -> SavedFilterForm:
    data: Mapping[str, Any] = request.POST.dict()
    # A look that htmx takes may name the button that was pressed before.
    is_look = bool(data.get("look"))
    focused: int | None = None
    if "add" in data and not is_look:
        data, focused = with_a_rule_more(data), MOST_RULES
    remove = "" if is_look else str(data.get("remove", ""))
    if remove.isascii() and remove.isdecimal() and len(remove) < 4:
        data, focused = without_rule(data, int(remove)), int(remove)
    form = SavedFilterForm(data, member=request.member, is_old=group is not None)
    if focused is not None:
        form.focus(focused)
    return form


def _answered(
    request: MemberRequest, form: SavedFilterForm, save: Callable[[], Group], group: Group | None
) -> HttpResponse:
    """Only the button that says so saves; all else looks."""
    if "save" not in request.POST or request.POST.get("look"):
        return _page(request, form, group)
    if form.is_valid() and form.are_rules_whole:
        try:
            saved = save()
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The filter has been saved."))
            return redirect("contacts:group", pk=saved.pk)
    return _page(request, form, group, shows_faults=True)


def _page(
    request: MemberRequest,
    form: SavedFilterForm,
    group: Group | None = None,
    *,
    shows_faults: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "group": group,
        "shows_faults": shows_faults,
        "look": _look(request, form, group) if form.are_rules_whole else None,
    }
    return render_part_or_page(
        request, part="contacts/_builder.html", page="contacts/filter.html", context=context
    )


def _look(request: MemberRequest, form: SavedFilterForm, group: Group | None) -> dict[str, Any]:
    """How many it finds, and the names of some."""
    is_own = group.owner_id is not None if group else form.is_own
    owner_id = request.member.pk if is_own else None
    shelves = (SHARED, request.member.pk) if is_own else (SHARED,)
    found: ContactQuerySet = (
        Contact.objects.on_shelves(request.organisation, shelves)
        .in_use()
        .filter(
            found_by(form.conditions, request.organisation, owner_id=owner_id, now=timezone.now())
        )
    )
    some = list(found.order_by()[:FIRST_NAMES])
    phones = [contact.phone for contact in some if contact.phone]
    return {
        "count": count_up_to(found),
        "most_counted": MOST_COUNTED,
        "some": some,
        "stopped": numbers_stopped(request.organisation.pk, phones),
    }
