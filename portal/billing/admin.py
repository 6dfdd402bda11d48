"""The ledger as administrators see it; adding an entry is topping up."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.administration import signed_in_administrator
from portal.billing.models import LedgerEntry
from portal.billing.services import top_up
from portal.core.admin_pages import RefusableForm, ServiceAdmin


class TopUpForm(RefusableForm):
    amount = forms.DecimalField(label=_("Amount"), decimal_places=2, max_digits=12)

    # A twin of this form, by a second click or a step back, is the same top-up.
    form_key = forms.UUIDField(
        initial=uuid.uuid4,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("This form is damaged. Open a new one."),
            "invalid": _("This form is damaged. Open a new one."),
        },
    )

    class Meta:
        model = LedgerEntry
        fields = ("organisation", "amount", "note")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ServiceAdmin[LedgerEntry]):
    form = TopUpForm
    change_list_template = "admin/ledger.html"
    list_display = (
        "at",
        "organisation",
        "kind",
        "amount",
        "reserved",
        "message_id",
        "note",
        "actor_label",
    )
    list_filter = ("kind", "organisation", "at")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "note", "actor_label")
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: LedgerEntry | None = None) -> Any:
        if obj is None:
            return ["organisation", "amount", "note", "form_key"]
        return [field.name for field in self.opts.fields]

    def has_change_permission(self, request: HttpRequest, obj: LedgerEntry | None = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().add_view(request, form_url, {"title": _("Top up"), **(extra_context or {})})

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> LedgerEntry:
        key = fields.pop("form_key").hex
        return top_up(actor=signed_in_administrator(request), key=key, **fields)
