"""The ledger as administrators see it; adding an entry is topping up."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.administration import signed_in_administrator
from portal.billing.models import LedgerEntry
from portal.billing.services import balance, top_up
from portal.core.admin_money import AmountField, money_change
from portal.core.admin_pages import RefusableForm, ServiceAdmin
from portal.core.money import money


class TopUpForm(RefusableForm):
    amount = AmountField(label=_("Amount"), decimal_places=2, max_digits=12)

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
        "available_change",
        "reserved_change",
        "message_link",
        "note",
        "by",
    )
    list_filter = ("kind", "organisation", "at")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "note", "actor_label")
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: LedgerEntry | None = None) -> Any:
        if obj is None:
            return ["organisation", "amount", "note", "form_key"]
        return [
            "organisation",
            "kind",
            "available_change",
            "reserved_change",
            "message_link",
            "envelope_id",
            "note",
            "key",
            "by",
            "at",
        ]

    @admin.display(description=_("available"), ordering="amount")
    def available_change(self, entry: LedgerEntry) -> str:
        return money_change(entry.amount, entry.organisation.currency)

    @admin.display(description=_("reserved"), ordering="reserved")
    def reserved_change(self, entry: LedgerEntry) -> str:
        return money_change(entry.reserved, entry.organisation.currency)

    @admin.display(description=_("message"), ordering="message_id")
    def message_link(self, entry: LedgerEntry) -> str:
        if entry.message_id is None:
            return "—"
        url = reverse("admin:delivery_message_change", args=[entry.message_id])
        return format_html('<a href="{}">#{}</a>', url, entry.message_id)

    @admin.display(description=_("by"), ordering="actor_label")
    def by(self, entry: LedgerEntry) -> Any:
        return _("the portal itself") if entry.actor_label == "system" else entry.actor_label

    def has_change_permission(self, request: HttpRequest, obj: LedgerEntry | None = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().add_view(request, form_url, {"title": _("Top up"), **(extra_context or {})})

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> LedgerEntry:
        key = fields.pop("form_key").hex
        return top_up(actor=signed_in_administrator(request), key=key, **fields)

    def response_add(
        self, request: HttpRequest, obj: LedgerEntry, post_url_continue: str | None = None
    ) -> HttpResponse:
        words = gettext(
            "The balance of %(organisation)s is topped up by %(amount)s and is now %(balance)s."
        )
        organisation = obj.organisation
        amounts = {
            "organisation": organisation,
            "amount": money(obj.amount, organisation.currency),
            "balance": money(balance(organisation).available, organisation.currency),
        }
        messages.success(request, words % amounts)
        return self.response_post_save_add(request, obj)
