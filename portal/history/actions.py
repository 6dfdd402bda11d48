"""What people decide on the page of a message. Each is one POST, one service, one redirect."""

import re
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Conflict, Refused
from portal.delivery import decisions
from portal.delivery.canaries import canary_release
from portal.delivery.models import Message
from portal.delivery.selectors import message_standing
from portal.delivery.trouble import trouble_of
from portal.history.selectors import account_of
from portal.history.views import visible_message
from portal.messaging.services import message_resend

_COUNT = re.compile(r"[0-9]{1,9}")


@requires(Right.SEND)
@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    message = visible_message(request, pk)

    def decide() -> str:
        count = decisions.message_cancel(message=message, actor=request.member)
        words = ngettext(
            "Cancelled for %(count)s recipient.", "Cancelled for %(count)s recipients.", count
        )
        return words % {"count": count}

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def pause(request: MemberRequest, pk: int) -> HttpResponse:
    message = visible_message(request, pk)

    def decide() -> str:
        decisions.message_pause(message=message, actor=request.member)
        return _("Paused. What has not left waits until you resume it.")

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    message = visible_message(request, pk)

    def decide() -> str:
        decisions.message_resume(message=message, actor=request.member)
        if is_sending_paused(message):
            return _("The message is resumed. It goes on when sending does.")
        return _("The message goes on.")

    return decided(request, message, decide)


@requires(Right.DECIDE_FOR_OTHERS)
@require_POST
def release(request: MemberRequest, pk: int) -> HttpResponse:
    message = visible_message(request, pk)

    def decide() -> str:
        count = decisions.message_release(message=message, actor=request.member)
        if message_standing(message.pk).is_paused:
            return _("Released. It is paused still and goes on when it is resumed.")
        if is_sending_paused(message):
            return _("Released. It goes out when sending goes on.")
        words = ngettext(
            "Released; it goes to %(count)s recipient.",
            "Released; it goes to %(count)s recipients.",
            count,
        )
        return words % {"count": count}

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def let_go(request: MemberRequest, pk: int) -> HttpResponse:
    """Send it whatever became of its trial part."""
    message = visible_message(request, pk)

    def decide() -> str:
        canary_release(message=message, actor=request.member)
        if message_standing(message.pk).is_paused:
            return _("It waits for its trial part no more. It is paused still.")
        if is_sending_paused(message):
            return _("It waits for its trial part no more and goes out when sending goes on.")
        return _("It waits for its trial part no more and goes out now.")

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def resend(request: MemberRequest, pk: int) -> HttpResponse:
    """Send to the rejected again: from several tabs at once still one message."""
    message = visible_message(request, pk)
    confirmed = request.POST.get("count", "")
    try:
        again = message_resend(
            message=message,
            author=request.member,
            confirmed=int(confirmed) if _COUNT.fullmatch(confirmed) else 0,
        )
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
        return redirect("history:resend", message.pk)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("history:message", message.pk)
    words = _("The text is on its way to the rejected numbers again.")
    if is_sending_paused(again):
        words = _("The text goes to the rejected numbers again when sending goes on.")
    messages.success(request, words)
    return redirect("history:message", again.pk)


def is_sending_paused(message: Message) -> bool:
    """Whether nothing of its organisation's leaves until a person lets it."""
    trouble = trouble_of(account_of(message), now=timezone.now())
    return trouble is not None and trouble.is_paused


def decided(
    request: MemberRequest,
    message: Message,
    decide: Callable[[], str],
    *,
    on_conflict: str = "history:message",
) -> HttpResponse:
    """Back to the message with what was done, or why nothing was. ``on_conflict``: the page of the
    message where what was decided upon is seen as it is by now."""
    try:
        messages.success(request, decide())
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
        return redirect(on_conflict, message.pk)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect("history:message", message.pk)
