"""Reading what became of messages."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.keyset import keyset_page
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.resends import to_resend
from portal.delivery.selectors import needing_a_person, standings_of
from portal.delivery.trouble import Trouble, trouble_of
from portal.history.filters import HistoryFilter
from portal.history.news import News
from portal.history.pages import Page
from portal.history.presenters import MessageRow
from portal.messaging.composing.fields import IdsField
from portal.messaging.live import price

MESSAGES_PER_PAGE = 30
# htmx asks no more after an answer with this status.
STOP_POLLING = 286


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def message_list(request: MemberRequest) -> HttpResponse:
    """Newest first; one's own, or all for who may see all."""
    visible = Message.objects.visible_to(request.member)
    chosen = HistoryFilter(request.GET, queryset=visible, member=request.member)
    page = keyset_page(
        chosen.qs.select_related("author"),
        cursor=request.GET.get("cursor"),
        fields=("-id",),
        size=MESSAGES_PER_PAGE,
    )
    context = {
        "filter": chosen,
        "page": page,
        "waiting": needing_a_person(request.member),
        "trouble": _pause_of(request),
        "may_send": request.member.may(Right.SEND),
        **_rows(request, page.items),
    }
    return render(request, "history/messages.html", context)


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def rows(request: MemberRequest) -> HttpResponse:
    """Rows of the list that were under way when last seen, as they are now."""
    ids = IdsField(required=False).to_python(request.GET.getlist("id"))[:MESSAGES_PER_PAGE]
    found = Message.objects.visible_to(request.member).filter(pk__in=ids).select_related("author")
    context = _rows(request, list(found.order_by("-id")))
    return render(request, "history/_rows_update.html", context)


def _rows(request: MemberRequest, messages: list[Message]) -> dict[str, object]:
    standings = standings_of(messages)
    rows = [MessageRow(message, standings[message.pk]) for message in messages]
    return {
        "rows": rows,
        "ids_under_way": urlencode([("id", row.message.pk) for row in rows if row.is_under_way]),
        "shows_author": request.member.may(Right.SEE_ALL_MESSAGES),
        "shows_cost": bool(request.organisation.price_per_segment),
        "currency": request.organisation.currency,
    }


def _pause_of(request: MemberRequest) -> Trouble | None:
    """Why nothing of the organisation's leaves until a person lets it."""
    account = GatewayAccount.objects.filter(organisation=request.organisation).first()
    trouble = trouble_of(account, now=timezone.now()) if account else None
    return trouble if trouble and trouble.is_paused else None


def visible_message(request: MemberRequest, pk: int) -> Message:
    """404 for another organisation's message, and for another author's where one sees one's own."""
    visible = Message.objects.visible_to(request.member)
    return get_object_or_404(
        visible.select_related("author", "organisation", "vouched_by", "resend_of"), pk=pk
    )


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def message_page(request: MemberRequest, pk: int) -> HttpResponse:
    message = visible_message(request, pk)
    context = {
        "page": Page(message, request.member, request.GET),
        "message": message,
        "resends": message.resends.order_by("id"),
    }
    return render(request, "history/message.html", context)


@requires(Right.SEE_OWN_MESSAGES)
@require_safe
def progress(request: MemberRequest, pk: int) -> HttpResponse:
    """The moving parts of the page, where they differ from those ``seen``; else 204."""
    message = visible_message(request, pk)
    page = Page(message, request.member, request.GET)
    if request.GET.get("seen") == page.fingerprint and page.may_change:
        return HttpResponse(status=204)
    news = News(page, request.GET)
    context = {"page": page, "message": message, "news": news, "is_update": True}
    status = 200 if page.may_change else STOP_POLLING
    return render(request, "history/_moving.html", context, status=status)


@requires(Right.SEND)
@require_safe
def resend(request: MemberRequest, pk: int) -> HttpResponse:
    """What sending again to the rejected would come to, before it is done."""
    message = visible_message(request, pk)
    found = to_resend(message)
    if not found.phones and not found.stopped:
        return redirect("history:message", message.pk)
    context = {
        "message": message,
        "count": len(found.phones),
        "stopped": found.stopped,
        "segments_in_all": found.segments_in_all,
        "money": price(request.organisation, found.segments_in_all),
    }
    return render(request, "history/resend.html", context)
