"""When approval is wanted, and giving it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Refused
from portal.core.refusals import show_refusal
from portal.messaging.approvals.forms import RulesForm, WordForm
from portal.messaging.approvals.pages import ApprovalPage
from portal.messaging.approvals.selectors import approvers_of, senders_without_approver
from portal.messaging.approvals.services import (
    approval_grant,
    approval_return,
    approval_rules_set,
)
from portal.messaging.models import ApprovalRules, Mailing, Stage


@requires(Right.EDIT_APPROVAL_RULES)
def rules(request: MemberRequest) -> HttpResponse:
    kept = ApprovalRules.objects.filter(organisation=request.organisation).first()
    form = RulesForm(
        request.POST if request.method == "POST" else None,
        rules=kept or ApprovalRules(organisation=request.organisation),
    )
    if request.method == "POST" and form.is_valid():
        approval_rules_set(
            organisation=request.organisation, rules=form.cleaned_data, actor=request.member
        )
        messages.success(request, _("The rules have been saved. They hold from now on."))
        return redirect("messaging:approval_rules")
    context = {
        "form": form,
        "approvers": approvers_of(request.organisation.pk, besides=0),
        "stranded": senders_without_approver(request.organisation),
        "may_add_members": request.member.may(Right.EDIT_MEMBERS),
    }
    return render(request, "messaging/approvals/rules.html", context)


@require_safe
@requires(Right.APPROVE)
def approval(request: MemberRequest, pk: int) -> HttpResponse:
    """The snapshot that another person's word is wanted for, as it is frozen."""
    mailing = _asked_about(request, pk)
    if mailing.stage != Stage.IN_APPROVAL:
        return _no_longer(request, mailing)
    return _page(request, mailing, WordForm())


@require_POST
@requires(Right.APPROVE)
def approve(request: MemberRequest, pk: int) -> HttpResponse:
    mailing = _asked_about(request, pk)
    try:
        approval_grant(
            mailing=mailing,
            snapshot_hash=request.POST.get("snapshot_hash", ""),
            actor=request.member,
        )
    except Refused as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("messaging:approval", pk)
    words = _("Mailing %(id)s is approved. Its author is told by mail.")
    messages.success(request, words % {"id": mailing.pk})
    return redirect("messaging:mailings")


@require_POST
@requires(Right.APPROVE)
def give_back(request: MemberRequest, pk: int) -> HttpResponse:
    mailing = _asked_about(request, pk)
    form = WordForm(request.POST)
    if not form.is_valid():
        return _page(request, mailing, form)
    try:
        approval_return(
            mailing=mailing,
            snapshot_hash=request.POST.get("snapshot_hash", ""),
            word=form.cleaned_data["word"],
            actor=request.member,
        )
    except Refused as refusal:
        if refusal.field:
            show_refusal(form, refusal)
            return _page(request, mailing, form)
        messages.warning(request, str(refusal.message))
        return redirect("messaging:approval", pk)
    words = _("Mailing %(id)s is returned. Its author is told by mail.")
    messages.success(request, words % {"id": mailing.pk})
    return redirect("messaging:mailings")


def _asked_about(request: MemberRequest, pk: int) -> Mailing:
    """One of the organisation that somebody's word was wanted for, whatever became of it."""
    mailings = Mailing.objects.filter(organisation=request.organisation)
    asked = mailings.filter(approval_requests__isnull=False).distinct()
    return get_object_or_404(asked.select_related("author", "organisation"), pk=pk)


def _no_longer(request: MemberRequest, mailing: Mailing) -> HttpResponse:
    """Without a word of what it says: it may be its author's alone again."""
    words = _("Mailing %(id)s waits for no approval any more.")
    messages.info(request, words % {"id": mailing.pk})
    return redirect("messaging:mailings")


def _page(request: MemberRequest, mailing: Mailing, form: WordForm) -> HttpResponse:
    if mailing.stage != Stage.IN_APPROVAL:
        return _no_longer(request, mailing)
    context = {"page": ApprovalPage(mailing, request.member), "mailing": mailing, "form": form}
    return render(request, "messaging/approvals/approval.html", context)
