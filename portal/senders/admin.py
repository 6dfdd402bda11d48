"""Administrators decide on sender names here."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.accounts.administration import signed_in_administrator
from portal.accounts.models import User
from portal.core.admin_pages import ObjectAction, ReasonForm, ServiceAdmin, is_administrator
from portal.core.errors import Refused
from portal.senders.forms import LimitForm
from portal.senders.models import SenderName, SenderState
from portal.senders.services import sender_name_decide, sender_name_limit, sender_name_request

_REQUESTED_FIRST = Case(When(state=SenderState.REQUESTED, then=Value(0)), default=Value(1))


def _approve(sender_name: SenderName, actor: User, _fields: Mapping[str, str]) -> str:
    sender_name_decide(sender_name=sender_name, state=SenderState.APPROVED, actor=actor)
    return _("%(value)s is approved.") % {"value": sender_name}


def _reject(sender_name: SenderName, actor: User, fields: Mapping[str, str]) -> str:
    sender_name_decide(
        sender_name=sender_name, state=SenderState.REJECTED, actor=actor, reason=fields["reason"]
    )
    return _("%(value)s is rejected.") % {"value": sender_name}


def _revoke(sender_name: SenderName, actor: User, fields: Mapping[str, str]) -> str:
    sender_name_decide(
        sender_name=sender_name, state=SenderState.REVOKED, actor=actor, reason=fields["reason"]
    )
    return _("%(value)s is revoked. Messages queued under it are held.") % {"value": sender_name}


def _limit(sender_name: SenderName, actor: User, fields: Mapping[str, Any]) -> str:
    members = list(fields["members"])
    sender_name_limit(sender_name=sender_name, members=members, actor=actor)
    if not members:
        return _("All who may send use %(value)s.") % {"value": sender_name}
    names = ", ".join(str(member) for member in members)
    return _("%(value)s is kept for: %(names)s.") % {"value": sender_name, "names": names}


@admin.register(SenderName)
class SenderNameAdmin(ServiceAdmin[SenderName]):
    list_display = ("value", "organisation", "state", "requested_by", "requested_at", "decided_by")
    list_filter = ("state", "organisation")
    list_select_related = ("organisation", "requested_by", "decided_by")
    search_fields = ("value", "organisation__name")
    ordering = (_REQUESTED_FIRST, "value")
    actions = ("approve_chosen",)
    object_actions: ClassVar = [
        ObjectAction(
            "approve",
            gettext_lazy("Approve"),
            _approve,
            is_open=lambda sender_name: sender_name.state != SenderState.APPROVED,
        ),
        ObjectAction(
            "reject",
            gettext_lazy("Reject"),
            _reject,
            is_open=lambda sender_name: sender_name.state == SenderState.REQUESTED,
            form_class=ReasonForm,
        ),
        ObjectAction(
            "revoke",
            gettext_lazy("Revoke"),
            _revoke,
            is_open=lambda sender_name: sender_name.state == SenderState.APPROVED,
            form_class=ReasonForm,
        ),
        ObjectAction(
            "limit",
            gettext_lazy("Choose who may use it"),
            _limit,
            form_class=LimitForm,
            fit=LimitForm.fit,
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: SenderName | None = None) -> Any:
        asked = ["organisation", "value"]
        if obj is None:
            return asked
        decided = ["requested_by", "requested_at", "decided_by", "decided_at"]
        return [*asked, "state", "reason", "limited_to", *decided]

    def has_change_permission(self, request: HttpRequest, obj: SenderName | None = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> SenderName:
        return sender_name_request(actor=signed_in_administrator(request), **fields)

    @admin.action(description=gettext_lazy("Approve the chosen names"), permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[SenderName]) -> None:
        approved = 0
        for sender_name in chosen:
            try:
                _approve(sender_name, signed_in_administrator(request), {})
                approved += 1
            except Refused as refusal:
                messages.error(request, f"{sender_name}: {refusal.message}")
        if approved:
            words = ngettext("%(count)s name approved.", "%(count)s names approved.", approved)
            messages.success(request, words % {"count": approved})
