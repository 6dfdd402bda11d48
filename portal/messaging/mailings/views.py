"""The page of one mailing, and what is decided there."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Conflict, Refused
from portal.core.parts import wants_part
from portal.messaging.mailings.missing import missing_settle
from portal.messaging.mailings.page import MailingPage
from portal.messaging.mailings.services import mailing_confirm, mailing_release
from portal.messaging.models import IN_WORK, Mailing, Stage

DEFAULT = "default-"


def seen_mailing(request: MemberRequest, pk: int) -> Mailing:
    """404 for another organisation's, and for what the member does not see yet."""
    visible = Mailing.objects.visible_to(request.member)
    related = ("organisation", "author", "vouched_by", "sheet", "series")
    return get_object_or_404(visible.select_related(*related), pk=pk)


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def mailing(request: MemberRequest, pk: int) -> HttpResponse:
    """By its stage: progress, what it comes to, or what came of it."""
    found = seen_mailing(request, pk)
    if found.stage == Stage.DRAFT and request.member.may(Right.SEND):
        return redirect("messaging:draft", pk)
    context = {"page": MailingPage(found, request.member), "mailing": found}
    return render(request, "messaging/mailings/mailing.html", context)


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def progress(request: MemberRequest, pk: int) -> HttpResponse:
    """How far the work has come; once it is over, the page itself."""
    found = seen_mailing(request, pk)
    asked = request.GET.get("stage")
    if found.stage not in IN_WORK or (asked and asked != found.stage):
        page = reverse("messaging:mailing", args=[pk])
        return HttpResponseClientRedirect(page) if wants_part(request) else redirect(page)
    context = {"page": MailingPage(found, request.member), "mailing": found}
    return render(request, "messaging/mailings/_progress.html", context)


@requires(Right.SEND)
@require_POST
def confirm(request: MemberRequest, pk: int) -> HttpResponse:
    """Send, plan or ask for approval, as it was seen."""

    def decide(found: Mailing) -> str:
        seen = request.POST.get("snapshot", "")
        done = mailing_confirm(mailing=found, actor=request.member, snapshot_hash=seen)
        return _CONFIRMED.get(done.stage, _put_into_the_queue)()

    return _decided(request, pk, decide)


@requires(Right.SEND)
@require_POST
def release(request: MemberRequest, pk: int) -> HttpResponse:
    def decide(found: Mailing) -> str:
        mailing_release(mailing=found, actor=request.member)
        return _("Released. It goes on.")

    return _decided(request, pk, decide)


@requires(Right.SEND)
@require_POST
def missing(request: MemberRequest, pk: int) -> HttpResponse:
    """What becomes of those who lack a value."""

    def decide(found: Mailing) -> str:
        defaults = {
            name.removeprefix(DEFAULT): str(request.POST[name])
            for name in request.POST
            if name.startswith(DEFAULT)
        }
        skip = "skip" in request.POST
        missing_settle(mailing=found, actor=request.member, defaults=defaults, skip=skip)
        return _("The texts were written anew. Check them once more.")

    return _decided(request, pk, decide)


def _decided(request: MemberRequest, pk: int, decide: Callable[[Mailing], str]) -> HttpResponse:
    """Back to the page with what was done, or why nothing was."""
    found = seen_mailing(request, pk)
    try:
        messages.success(request, decide(found))
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect("messaging:mailing", pk)


def _put_into_the_queue() -> str:
    return _("It is being put into the queue. You may leave this page.")


_CONFIRMED: dict[str, Callable[[], str]] = {
    Stage.IN_APPROVAL: lambda: _("Asked for approval. Nothing leaves before it is given."),
    Stage.PLANNED: lambda: _("Planned. Until it leaves you can edit or cancel it."),
    Stage.REPEATING: lambda: _("It will repeat until you cancel it."),
}
