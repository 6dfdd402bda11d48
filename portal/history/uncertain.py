"""What people decide about uncertain e-mails: on the message's page, or about all at once."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.delivery import uncertain
from portal.delivery.models import Envelope, Message, State
from portal.delivery.selectors import message_standing
from portal.history.actions import decided, is_sending_paused
from portal.history.forms import DecideAllForm
from portal.history.selectors import account_of
from portal.history.views import visible_message


@requires(Right.SEND)
@require_safe
def uncertain_page(request: MemberRequest, pk: int) -> HttpResponse:
    """What one decision about all uncertain e-mails of the message would come to."""
    message = visible_message(request, pk)
    found = uncertain.uncertain_of(message)
    if not found.envelopes:
        return redirect("history:message", message.pk)
    context = {"message": message, "uncertain": found, "account": account_of(message)}
    return render(request, "history/uncertain.html", context)


@requires(Right.SEND)
@require_POST
def envelope_was_sent(request: MemberRequest, pk: int, envelope_pk: int) -> HttpResponse:
    message, envelope = _envelope(request, pk, envelope_pk)

    def decide() -> str:
        uncertain.envelope_was_sent(envelope=envelope, actor=request.member)
        return _("Noted: it was sent.")

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def envelope_was_not_sent(request: MemberRequest, pk: int, envelope_pk: int) -> HttpResponse:
    message, envelope = _envelope(request, pk, envelope_pk)

    def decide() -> str:
        uncertain.envelope_was_not_sent(envelope=envelope, actor=request.member)
        return _("Noted: it was not sent.")

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def envelope_send_again(request: MemberRequest, pk: int, envelope_pk: int) -> HttpResponse:
    message, envelope = _envelope(request, pk, envelope_pk)

    def decide() -> str:
        uncertain.envelope_send_again(envelope=envelope, actor=request.member)
        return _words_of_sending_again(message)

    return decided(request, message, decide)


@requires(Right.SEND)
@require_POST
def settle_all(request: MemberRequest, pk: int) -> HttpResponse:
    """One decision about all uncertain e-mails of the message."""
    message = visible_message(request, pk)
    form = DecideAllForm(request.POST)
    if not form.is_valid():
        return redirect("history:uncertain", message.pk)
    settled_as = State(form.cleaned_data["settled_as"])

    def decide() -> str:
        count = uncertain.uncertain_settle(
            message=message,
            settled_as=settled_as,
            confirmed=form.cleaned_data["count"],
            actor=request.member,
        )
        return _words_of_all_settled(message, settled_as, count)

    return decided(request, message, decide, on_conflict="history:uncertain")


def _words_of_all_settled(message: Message, settled_as: State, count: int) -> str:
    if settled_as == State.REPLACED:
        return _words_of_sending_again(message)
    if settled_as == State.ACCEPTED:
        words = ngettext(
            "Noted for %(count)s recipient: it was sent.",
            "Noted for %(count)s recipients: it was sent.",
            count,
        )
    else:
        words = ngettext(
            "Noted for %(count)s recipient: it was not sent.",
            "Noted for %(count)s recipients: it was not sent.",
            count,
        )
    return words % {"count": count}


def _words_of_sending_again(message: Message) -> str:
    if message_standing(message.pk).is_paused:
        return _("It is in the queue again and goes out when the message is resumed.")
    if is_sending_paused(message):
        return _("It is in the queue again and goes out when sending goes on.")
    return _("It is on its way again.")


def _envelope(request: MemberRequest, pk: int, envelope_pk: int) -> tuple[Message, Envelope]:
    message = visible_message(request, pk)
    return message, get_object_or_404(message.envelopes, pk=envelope_pk)
