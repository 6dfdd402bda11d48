"""Writing a message: the form, its confirmation, and sending."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Refused
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.outbox import Draft
from portal.messaging import picker
from portal.messaging.approvals.doors import ApprovalWanted
from portal.messaging.audience import Audience
from portal.messaging.composing.beginnings import (
    begun_values,
    template_asked_for,
    template_text,
)
from portal.messaging.composing.drafts import draft_drop, draft_save, drafts_offered
from portal.messaging.composing.trials import Trial, trial_offered
from portal.messaging.forms import (
    FORM_KEY,
    MOST_TEXT_CHARACTERS,
    ComposeForm,
    new_form_key,
    values_of,
)
from portal.messaging.live import Outlook, outlook
from portal.messaging.mailings.services import mailing_prepare
from portal.messaging.models import Mailing, Stage, Template
from portal.messaging.plans.schedule import Schedule
from portal.messaging.same_text import same_text_lately
from portal.messaging.services import (
    FormKeyTaken,
    Order,
    Submitted,
    gateway_of,
    message_check,
    message_submit,
    message_submitted,
)
from sms.charset import leave_out, simplify, substitute


@requires(Right.SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: MemberRequest) -> HttpResponse:
    """An empty form, one begun from what the address names, or with POST the form as it was typed;
    stores nothing either way."""
    if request.method == "POST":
        form = _as_typed(request)
        return trigger_client_event(compose_page(request, form), "refresh", after="swap")
    if response := _begun_before(request, request.GET.get("form", "")):
        return response
    values = begun_values(request.member, request.GET)
    return compose_page(request, ComposeForm(initial=values, member=request.member))


@requires(Right.SEND)
@require_safe
def draft(request: MemberRequest, pk: int) -> HttpResponse:
    """A draft of the member's own, to go on with."""
    mailings = Mailing.objects.visible_to(request.member).filter(author=request.member)
    return _draft_page(request, get_object_or_404(mailings, pk=pk))


def _begun_before(request: MemberRequest, form_key: str) -> HttpResponse | None:
    """What became of the form of this key."""
    if not FORM_KEY.fullmatch(form_key):
        return None
    if sent := Message.objects.filter(author=request.member, form_key=form_key).first():
        messages.info(request, _("This message was sent already."))
        return redirect("history:message", sent.pk)
    found = Mailing.objects.filter(author=request.member, form_key=form_key).first()
    return _draft_page(request, found) if found else None


def _draft_page(request: MemberRequest, found: Mailing) -> HttpResponse:
    if found.stage != Stage.DRAFT:
        return redirect("messaging:mailing", found.pk)
    schedule = Schedule.of(found)
    form = ComposeForm(initial=values_of(found), schedule=schedule, member=request.member)
    return compose_page(request, form, saved=found)


@requires(Right.SEND)
@require_POST
def live(request: MemberRequest) -> HttpResponse:
    """What the form comes to as it is typed. POST keeps texts out of addresses and logs."""
    account = _account(request)
    if account is None:
        return HttpResponse(status=204)
    form = _as_typed(request)
    context = {
        "outlook": _outlook(form, account, form.audience),
        "form": form,
        "missing": _missing_fields(form),
        "is_update": True,
    }
    return render(request, "messaging/_live.html", context)


@requires(Right.SEND)
@require_POST
def recipients(request: MemberRequest) -> HttpResponse:
    """Contacts and groups that match what is typed into the search."""
    form = _as_typed(request)
    return render(request, "messaging/_found.html", {"found": _found(request, form)})


@requires(Right.SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: MemberRequest) -> HttpResponse:
    """The message as it will go, before it goes; a reload after sign-in leads to the form."""
    if request.method != "POST":
        return redirect("messaging:compose")
    return _with_order(request, _confirm_page)


@requires(Right.SEND)
@require_POST
def send(request: MemberRequest) -> HttpResponse:
    """Send what was confirmed, once: a replay leads to the same message."""
    return _with_order(request, _submit)


Step = Callable[[MemberRequest, ComposeForm, Order, Draft], HttpResponse]


def _with_order(request: MemberRequest, step: Step) -> HttpResponse:
    """What ``step`` answers to the order that the form makes; or what became of the order that came
    from this form before; or the form with what is wrong."""
    form = ComposeForm(request.POST, member=request.member)
    if not form.is_valid() and not form.was_sent:
        return compose_page(request, form)
    if not form.is_at_once and not form.was_sent:
        return _as_mailing(request, form)
    with form.order() as order:
        try:
            if sent := message_submitted(order):
                return _sent(request, order, Submitted(sent, is_new=False))
            return step(request, form, order, message_check(order))
        except FormKeyTaken as taken:
            return _form_key_taken_page(request, form, order, taken.existing)
        except ApprovalWanted:
            return _as_mailing(request, form)
        except Refused as refused:
            form.refuse(refused)
            return compose_page(request, form)


def _as_mailing(request: MemberRequest, form: ComposeForm) -> HttpResponse:
    """Whatever is not one text for everybody and now is prepared first, and shown as it will be."""
    try:
        kept = draft_save(
            author=request.member,
            content=form.content,
            form_key=form.key,
            pen=form.pen_value,
            seen=form.cleaned_data["seen"],
        )
        assert kept is not None, "a valid form is not empty"
        mailing = mailing_prepare(mailing=kept, actor=request.member)
    except Refused as refused:
        form.refuse(refused)
        return compose_page(request, form)
    return redirect("messaging:mailing", mailing.pk)


def _submit(request: MemberRequest, form: ComposeForm, order: Order, draft: Draft) -> HttpResponse:
    if request.POST.get("confirmed", "") not in {"", _fingerprint(draft)}:
        return _confirm_page(request, form, order, draft, is_changed=True)
    return _sent(request, order, message_submit(order=order))


def _as_typed(request: MemberRequest) -> ComposeForm:
    """The form as it was typed, or changed as one of its buttons says."""
    data = request.POST
    changes: dict[str, Any] = {}
    if "anew" in data:
        changes = {"form_key": new_form_key(), "pen": new_form_key(), "seen": ""}
    if "without_sheet" in data:
        changes["sheet"] = None
    typed = data.get("text", "").replace("\r\n", "\n")
    changes["text"] = _mended(data, template_text(request.member, data) or typed)
    return ComposeForm.as_typed(data, member=request.member, **changes)


def _mended(data: QueryDict, text: str) -> str:
    """The text, or what a button beside it makes of it."""
    if len(text) > MOST_TEXT_CHARACTERS:
        return text
    if "substitute" in data:
        return substitute(text)
    if "simplify" in data:
        return simplify(text)
    return leave_out(text) if "leave_out" in data else text


def _fingerprint(draft: Draft) -> str:
    """Names what the author saw and agreed to: content, how many it goes to, and the price."""
    assert draft.author.organisation is not None, "who may send is a member"
    price = draft.author.organisation.price_per_segment
    return f"{draft.content_hash}-{len(draft.recipients)}-{price}"


def compose_page(
    request: MemberRequest,
    form: ComposeForm,
    *,
    saved: Mailing | None = None,
    trial: Trial | None = None,
) -> HttpResponse:
    """The form as it is; ``saved``: its draft, ``trial``: what became of a test just sent."""
    account = _account(request)
    if account is None or not form.senders:
        missing = {"account": account, "may_ask": request.member.may(Right.ASK_SENDER_NAME)}
        return render(request, "messaging/not_ready.html", missing)
    context = {
        "form": form,
        "outlook": _outlook(form, account, form.audience),
        "picked": picker.choices(request.member, form.picked),
        "query": request.POST.get("q", ""),
        "found": _found(request, form) if "find" in request.POST or "q" in form.errors else None,
        "offered": form.wording.values.offered,
        "missing": _missing_fields(form),
        "draft": saved,
        "trial": trial or trial_offered(request.member),
        "other_drafts": drafts_offered(request.member, but=form.key),
        "templates": Template.objects.visible_to(request.member).only("pk", "name", "shelf"),
        "template_asked_for": template_asked_for(request.member, request.POST),
    }
    return render(request, "messaging/compose.html", context)


def _account(request: MemberRequest) -> GatewayAccount | None:
    try:
        return gateway_of(request.member)
    except Refused:
        return None


def _missing_fields(form: ComposeForm) -> list[tuple[str, str]]:
    """The placeholders of the text, each with what is put in where there is no value."""
    defaults = form["defaults"].value() or {}
    return [(name, defaults.get(name, "")) for name in form.wording.names]


def _outlook(form: ComposeForm, account: GatewayAccount, audience: Audience) -> Outlook:
    return outlook(
        account=account,
        sender=form.usable_sender,
        wording=form.wording,
        audience=audience,
    )


def _found(request: MemberRequest, form: ComposeForm) -> list[picker.Choice]:
    return picker.find(request.member, request.POST.get("q", ""), form.picked)


def _confirm_page(
    request: MemberRequest,
    form: ComposeForm,
    order: Order,
    draft: Draft,
    *,
    is_changed: bool = False,
) -> HttpResponse:
    forecast = _outlook(form, gateway_of(request.member), order.audience)
    if forecast.money and (shortage := forecast.money.shortage):
        raise shortage
    context = {
        "form": form,
        "draft": draft,
        "outlook": forecast,
        "fingerprint": _fingerprint(draft),
        "is_changed": is_changed,
        "same_text": same_text_lately(
            organisation_id=request.organisation.pk,
            text=draft.text,
            phones=order.audience.phones(),
            now=timezone.now(),
        ),
        "language_next": reverse("messaging:compose"),
    }
    return render(request, "messaging/confirm.html", context)


def _form_key_taken_page(
    request: MemberRequest, form: ComposeForm, order: Order, existing: Message
) -> HttpResponse:
    """The message sent under the form's key beside what came now; another author's is not shown."""
    visible = Message.objects.visible_to(request.member).filter(pk=existing.pk).first()
    asked_for = order.audience.reach.reached.count + order.audience.reach.stopped.count
    context = {"form": form, "existing": visible, "count": asked_for}
    return render(request, "messaging/form_key_taken.html", context, status=409)


def _sent(request: MemberRequest, order: Order, submitted: Submitted) -> HttpResponse:
    draft_drop(author=request.member, form_key=order.form_key)
    if submitted.is_new:
        words = ngettext(
            "The message to %(count)s recipient was put into the queue.",
            "The message to %(count)s recipients was put into the queue.",
            len(order.audience),
        )
        messages.success(request, words % {"count": len(order.audience)})
    else:
        messages.info(request, _("This message was sent already; nothing was sent again."))
    return redirect("history:message", submitted.message.pk)
