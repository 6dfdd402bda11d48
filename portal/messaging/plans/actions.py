"""What is decided about a mailing from the lists. Each is one POST, one service, one redirect."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Conflict, Refused
from portal.messaging.mailings.services import mailing_cancel, mailing_edit
from portal.messaging.models import Mailing


@requires(Right.SEND)
@require_POST
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Back into its author's form: what was confirmed or approved counts no more."""
    own = Mailing.objects.visible_to(request.member).filter(author=request.member)
    mailing = get_object_or_404(own, pk=pk)

    def decide() -> str:
        mailing_edit(mailing=mailing, actor=request.member)
        return reverse("messaging:draft", args=[pk])

    return _decided(request, decide)


@requires(Right.SEND)
@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    mailing = get_object_or_404(Mailing.objects.visible_to(request.member), pk=pk)

    def decide() -> str:
        if mailing_cancel(mailing=mailing, actor=request.member):
            messages.success(request, _("Cancelled. Nothing of it will leave."))
        else:
            messages.success(request, _("The draft is deleted."))
        return reverse("messaging:mailings")

    return _decided(request, decide)


def _decided(request: MemberRequest, decide: Callable[[], str]) -> HttpResponse:
    """To the address that ``decide`` answers, or back to the list with why nothing was done."""
    try:
        return redirect(decide())
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect("messaging:mailings")
