"""Bulk actions: the question, the start, the progress, the end of one."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.bulk.services import OF_A_GROUP, bulk_cancel, bulk_start, count_matching
from portal.contacts.bulk.words import SKIPS, done_words
from portal.contacts.counts import contacts_counted
from portal.contacts.groups.services import group_create
from portal.contacts.lists.forms import BulkForm
from portal.contacts.lists.query import FilterGone
from portal.contacts.models import BulkAction, BulkKind, BulkState, Group
from portal.contacts.selectors import MOST_COUNTED
from portal.core.errors import Refused
from portal.core.parts import render_part_or_page
from portal.core.refusals import show_refusal


@require_POST
@requires(Right.EDIT_CONTACTS)
def bulk_ask(request: MemberRequest) -> HttpResponse:
    """What would be done, and to how many; nothing is done yet."""
    form = BulkForm(request.POST, member=request.member)
    if not form.is_valid():
        for error in form.non_field_errors() or [_("Choose what to do with them.")]:
            messages.error(request, str(error))
        return redirect(_list_address(form))
    return _question(request, form)


@require_POST
@requires(Right.EDIT_CONTACTS)
def bulk_begin(request: MemberRequest) -> HttpResponse:
    form = BulkForm(request.POST, member=request.member, is_final=True)
    if not form.is_valid():
        if "kind" not in form.cleaned_data or not _has_contacts(form):
            return redirect(_list_address(form))
        return _question(request, form)
    cleaned = form.cleaned_data
    try:
        matching = form.matching
        action = bulk_start(
            actor=request.member,
            kind=cleaned["kind"],
            chosen=cleaned["chosen"],
            matching=matching,
            group=_group(request, form) if cleaned["kind"] in OF_A_GROUP else None,
            reason=cleaned["reason"],
        )
    except FilterGone:
        raise Http404 from None
    except Refused as refusal:
        show_refusal(form, refusal)
        return _question(request, form)
    if action.state == BulkState.DONE and not action.skipped:
        messages.success(request, done_words(action))
        return redirect(_list_address(form))
    return redirect("contacts:bulk_action", pk=action.pk)


@require_safe
@requires(Right.EDIT_CONTACTS)
def bulk_action(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it has come; htmx asks for the part that changes."""
    action = _own(request, pk)
    context = {
        "action": action,
        "is_under_way": action.state == BulkState.WAITING,
        "words": done_words(action),
        "gone_through": action.done_count + sum(action.skipped.values()),
        "skips": [(SKIPS[reason], count) for reason, count in action.skipped.items()],
    }
    return render_part_or_page(
        request,
        part="contacts/_bulk_progress.html",
        page="contacts/bulk_action.html",
        context=context,
    )


@require_POST
@requires(Right.EDIT_CONTACTS)
def bulk_stop(request: MemberRequest, pk: int) -> HttpResponse:
    bulk_cancel(action=_own(request, pk), actor=request.member)
    return redirect("contacts:bulk_action", pk=pk)


def _own(request: MemberRequest, pk: int) -> BulkAction:
    actions = BulkAction.objects.filter(organisation=request.organisation, actor=request.member)
    return get_object_or_404(actions, pk=pk)


def _question(request: MemberRequest, form: BulkForm) -> HttpResponse:
    kind: BulkKind = form.cleaned_data["kind"]
    try:
        matching = form.matching
        chosen = form.cleaned_data["chosen"]
        count = count_matching(matching, most=MOST_COUNTED) if matching else len(chosen)
    except FilterGone:
        raise Http404 from None
    context = {
        "form": form,
        "kind": kind,
        "needs_group": kind in OF_A_GROUP,
        "may_be_new": kind == BulkKind.ADD_TO_GROUP,
        "needs_reason": kind == BulkKind.STOP,
        "is_deletion": kind == BulkKind.DELETE,
        "people": contacts_counted(count),
        "nobody": not count,
        "back": _list_address(form),
    }
    return render(request, "contacts/bulk.html", context)


def _group(request: MemberRequest, form: BulkForm) -> Group | None:
    """A new one is made. Raises ``Refused`` where its name is taken."""
    cleaned = form.cleaned_data
    if not cleaned["new_group"]:
        chosen: Group | None = cleaned["group"]
        return chosen
    name, is_own = cleaned["new_group"], cleaned["is_own"]
    try:
        return group_create(name=name, actor=request.member, is_own=is_own)
    except Refused as refusal:
        raise Refused(refusal.message, field="new_group") from refusal


def _has_contacts(form: BulkForm) -> bool:
    return bool(form.cleaned_data.get("everything") or form.cleaned_data.get("chosen"))


def _list_address(form: BulkForm) -> str:
    listed = QueryDict(str(form.data.get("listed", ""))[:4000])
    return f"{reverse('contacts:contacts')}?{listed.urlencode()}".rstrip("?")
