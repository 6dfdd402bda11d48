"""The list of contacts."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.bulk.services import count_matching
from portal.contacts.counts import contacts_counted
from portal.contacts.groups.filter_forms import rules_of_list
from portal.contacts.lists.forms import FilterForm
from portal.contacts.lists.query import FilterGone, ListQuery, list_query
from portal.contacts.lists.search import search_page
from portal.contacts.models import BulkKind, Contact, Group
from portal.contacts.selectors import MOST_COUNTED
from portal.contacts.stop_list.reads import numbers_stopped
from portal.core.keyset import KeysetPage
from portal.core.parts import render_part_or_page


@require_safe
@requires(Right.SEE_CONTACTS)
def contacts(request: MemberRequest) -> HttpResponse:
    """The list, narrowed by the address; htmx gets the results alone."""
    listed = list_query(request.member, request.GET.dict())
    try:
        page = search_page(
            member=request.member,
            query=listed.text,
            filters=listed.filters,
            cursor=request.GET.get("cursor"),
        )
        chips = listed.chips()
    except FilterGone:
        raise Http404 from None
    _show_groups(page.items, request)
    may_edit = request.member.may(Right.EDIT_CONTACTS)
    context = {
        "page": page,
        "listed": listed,
        "query": listed.text,
        "chips": chips,
        "size": _size(page, listed),
        "filter_form": FilterForm(listed),
        "stopped": numbers_stopped(
            request.organisation.pk, [contact.phone for contact in page.items if contact.phone]
        ),
        "saves_as_filter": bool(rules_of_list(listed)) and not listed.is_beyond_rules,
        "kinds": _kinds(is_archive=listed.filters.archived) if may_edit else (),
        "may_edit": may_edit,
    }
    return render_part_or_page(
        request, part="contacts/_results.html", page="contacts/contacts.html", context=context
    )


@require_safe
@requires(Right.SEE_CONTACTS)
def found_size(request: MemberRequest) -> HttpResponse:
    """How many the address finds, for the list, which does not wait for it."""
    try:
        count = count_matching(list_query(request.member, request.GET.dict()), most=MOST_COUNTED)
    except FilterGone:
        raise Http404 from None
    return HttpResponse(contacts_counted(count))


def _size(page: KeysetPage[Contact], listed: ListQuery) -> str:
    """Blank on later pages, and where it may take long."""
    if page.next_cursor is None and page.is_first:
        return contacts_counted(len(page.items))
    if listed.given or not page.is_first:
        return ""
    return contacts_counted(count_matching(listed, most=MOST_COUNTED))


def _show_groups(shown: list[Contact], request: MemberRequest) -> None:
    """Groups that are another member's own are not for these eyes."""
    groups = Group.objects.visible_to(request.member).order_by("name")
    prefetch_related_objects(shown, Prefetch("groups", groups))


def _kinds(*, is_archive: bool) -> list[tuple[str, str]]:
    senseless = BulkKind.ARCHIVE if is_archive else BulkKind.RESTORE
    return [(kind.value, str(kind.label)) for kind in BulkKind if kind is not senseless]
