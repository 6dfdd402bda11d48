"""Administrators set gateway accounts up here; passwords go in and never come out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.db import models
from django.db.models import Exists, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.administration import signed_in_administrator
from portal.accounts.models import User
from portal.core.admin_pages import ObjectAction, ReasonForm, RefusableForm, ServiceAdmin
from portal.core.errors import Refused
from portal.delivery.attention import CAUSE_WORDS
from portal.delivery.gateways import (
    connection_test,
    gateway_pause,
    gateway_resume,
    gateway_set,
)
from portal.delivery.models import GatewayAccount, PlatformStop
from portal.delivery.platform import stop_now
from portal.delivery.platform_admin import PlatformStopPages
from portal.delivery.trouble import Cause, Trouble, trouble_under
from sms.secret import Secret


class SecretField(forms.CharField):
    """Takes a password and never shows one; left empty it means: as it was (None)."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, required=False, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return Secret(text) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class GatewayForm(RefusableForm):
    sms_password = SecretField(label=gettext_lazy("Operator password"))
    smtp_password = SecretField(label=gettext_lazy("SMTP password"))

    class Meta:
        model = GatewayAccount
        fields = ()  # the page names them
        # Their fields above stand alone, so that no stored password becomes a form's initial value.
        exclude = ("sms_password", "smtp_password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("sms_password", "smtp_password"):
            if getattr(self.instance, name):
                self.fields[name].help_text = _("It is set. Leave the field empty to keep it.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not (self.instance.sms_password or cleaned.get("sms_password")):
            self.add_error("sms_password", _("Write the password that the operator issued."))
        return cleaned


def _test(account: GatewayAccount, actor: User, _fields: object) -> str:
    report = connection_test(account=account, actor=actor)
    if not report.ok:
        raise Refused(report.words)
    return report.words


def _pause(account: GatewayAccount, actor: User, fields: Mapping[str, str]) -> str:
    gateway_pause(account=account, reason=fields["reason"], actor=actor)
    return _("Paused. What is queued waits.")


def _resume(account: GatewayAccount, actor: User, _fields: object) -> str:
    gateway_resume(account=account, actor=actor)
    if stop_now():
        return _("The account is resumed, but all sending is still stopped.")
    return _("Sending goes on.")


_SENTENCES: Mapping[Cause, str | Promise] = {
    Cause.PAUSED: gettext_lazy("Paused by an administrator. It goes on with Resume."),
    Cause.REFUSED: gettext_lazy(
        "Paused: the operator's server refuses the account. It goes on once what is refused is "
        "changed here, or with Resume."
    ),
    Cause.WAITING: gettext_lazy(
        "Waits until the next try and goes on by itself, or at once with Resume."
    ),
    Cause.SLOWED: gettext_lazy("The operator puts some e-mails off; sending goes on slower."),
}


def _trouble_of(account: GatewayAccount) -> Trouble | None:
    """Of the account alone, whether or not all sending is stopped."""
    return trouble_under(None, account, now=timezone.now())


_HEALTH = ("state_sentence", "paused_reason", "paused_by_whom", "last_failure", "waits_until")


@admin.register(GatewayAccount)
class GatewayAccountAdmin(PlatformStopPages, ServiceAdmin[GatewayAccount]):
    form = GatewayForm
    change_list_template = "admin/gateways.html"
    formfield_overrides: ClassVar = {models.URLField: {"assume_scheme": "https"}}
    list_display = (
        "organisation",
        "host",
        "port",
        "security",
        "sms_user",
        "state_word",
        "last_failure",
    )
    list_filter = ("security",)
    list_select_related = ("organisation", "paused_by")
    search_fields = ("organisation__name", "host", "sms_user")
    ordering = ("organisation__name",)
    fieldsets = (
        (None, {"fields": ("organisation", *_HEALTH)}),
        (
            gettext_lazy("Server"),
            {"fields": (("host", "port"), "security", ("smtp_user", "smtp_password"))},
        ),
        (
            gettext_lazy("Operator"),
            {
                "fields": (
                    "from_address",
                    "mailbox",
                    ("sms_user", "sms_password"),
                    "dynamic_sender",
                    "cabinet_url",
                )
            },
        ),
        (
            gettext_lazy("Pace and form"),
            {"fields": ("numbers_per_email", "connections", "per_minute", "transfer_encoding")},
        ),
    )
    object_actions: ClassVar = [
        ObjectAction("test", gettext_lazy("Test connection"), _test),
        ObjectAction(
            "pause",
            gettext_lazy("Pause"),
            _pause,
            is_open=lambda account: account.paused_by_id is None,
            form_class=ReasonForm,
        ),
        ObjectAction(
            "resume",
            gettext_lazy("Resume"),
            _resume,
            is_open=lambda account: bool(_trouble_of(account) or account.failures),
        ),
    ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: GatewayAccount | None = None
    ) -> tuple[str, ...]:
        return ("organisation", *_HEALTH) if obj else _HEALTH

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatewayAccount]:
        """Each with ``is_stopped``: whether all sending is."""
        stopped = Exists(PlatformStop.objects.all())
        return super().get_queryset(request).annotate(is_stopped=stopped)

    @admin.display(description=gettext_lazy("state"))
    def state_sentence(self, account: Any) -> str:
        if not account.pk:
            return "-"
        trouble = _trouble_of(account)
        sentences = [_("All sending is stopped.")] if account.is_stopped else []
        if trouble:
            sentences += [str(_SENTENCES[trouble.cause]), trouble.words]
        return " ".join(one for one in sentences if one) or _("Works.")

    @admin.display(description=gettext_lazy("paused by"))
    def paused_by_whom(self, account: GatewayAccount) -> str:
        if not account.is_paused:
            return "-"
        return str(account.paused_by or _("the portal itself"))

    @admin.display(description=gettext_lazy("waits until"))
    def waits_until(self, account: GatewayAccount) -> str:
        return display_for_value(account.not_before, "-")

    @admin.display(description=gettext_lazy("state"))
    def state_word(self, account: Any) -> str | Promise:
        trouble = _trouble_of(account)
        if account.is_stopped and not (trouble and trouble.is_paused):
            return CAUSE_WORDS[Cause.STOPPED]
        return CAUSE_WORDS[trouble.cause] if trouble else _("works")

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> GatewayAccount:
        organisation = fields.pop("organisation")
        return gateway_set(
            organisation=organisation, changes=fields, actor=signed_in_administrator(request)
        )

    def change(self, request: HttpRequest, obj: GatewayAccount, changes: dict[str, Any]) -> None:
        if changes.get("smtp_user") == "":
            changes["smtp_password"] = None
        gateway_set(
            organisation=obj.organisation, changes=changes, actor=signed_in_administrator(request)
        )
