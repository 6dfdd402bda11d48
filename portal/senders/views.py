from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Refused
from portal.core.keyset import keyset_page
from portal.core.refusals import show_refusal
from portal.senders.forms import SenderNameForm
from portal.senders.models import SenderName
from portal.senders.services import sender_name_request


@require_safe
@requires(Right.SEE_SENDER_NAMES)
def sender_names(request: MemberRequest) -> HttpResponse:
    own = SenderName.objects.filter(organisation=request.organisation)
    page = keyset_page(
        own.select_related("requested_by").prefetch_related("limited_to"),
        fields=("value", "id"),
        cursor=request.GET.get("cursor"),
    )
    context = {"page": page, "may_ask": request.member.may(Right.ASK_SENDER_NAME)}
    return render(request, "senders/sender_names.html", context)


@requires(Right.ASK_SENDER_NAME)
def sender_name_ask(request: MemberRequest) -> HttpResponse:
    form = SenderNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sender_name_request(
                organisation=request.organisation, actor=request.member, **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("You asked for the sender name. An administrator decides."))
            return redirect("senders:sender_names")
    return render(request, "senders/sender_name_ask.html", {"form": form})
