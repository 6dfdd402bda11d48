"""Who gets a prepared mailing, and who does not."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.parts import render_part_or_page
from portal.messaging.mailings.preview import parts_of, people_page
from portal.messaging.models import Mailing


@require_safe
@requires(Right.SEE_OWN_MESSAGES)
def mailing_people(request: MemberRequest, pk: int) -> HttpResponse:
    """One ``part`` of those picked, from ``place`` on; htmx gets a page of them alone."""
    visible = Mailing.objects.visible_to(request.member)
    mailing = get_object_or_404(visible.select_related("organisation"), pk=pk)
    people = people_page(
        mailing, part=request.GET.get("part", ""), place=request.GET.get("place", "")
    )
    context = {"mailing": mailing, "people": people, "parts": parts_of(mailing)}
    return render_part_or_page(
        request,
        part="messaging/mailings/_people.html",
        page="messaging/mailings/people.html",
        context=context,
    )
