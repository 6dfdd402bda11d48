"""The list of contacts."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.models import Group
from portal.contacts.search import search_page
from portal.core.parts import render_part_or_page


@require_safe
@requires(Right.SEE_CONTACTS)
def contacts(request: MemberRequest) -> HttpResponse:
    """The list; htmx gets the results alone."""
    query = request.GET.get("q", "").strip()
    page = search_page(member=request.member, query=query, cursor=request.GET.get("cursor"))
    groups = Group.objects.visible_to(request.member).order_by("name")
    prefetch_related_objects(page.items, Prefetch("groups", groups))
    context = {
        "page": page,
        "query": query,
        "may_edit": request.member.may(Right.EDIT_CONTACTS),
    }
    return render_part_or_page(
        request, part="contacts/_results.html", page="contacts/contacts.html", context=context
    )
