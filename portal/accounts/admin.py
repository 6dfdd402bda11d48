"""Administrators' pages of organisations and users."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts import event_admin  # noqa: F401  # registers the audit trail's page
from portal.accounts.administration import (
    organisation_change,
    signed_in_administrator,
    user_change,
    user_create,
    user_new_password,
)
from portal.accounts.models import Organisation, User
from portal.accounts.services import organisation_create
from portal.core.admin_money import AmountField
from portal.core.admin_pages import ObjectAction, ServiceAdmin
from portal.core.money import money


@admin.register(Organisation)
class OrganisationAdmin(ServiceAdmin[Organisation]):
    change_form_template = "admin/organisation_page.html"
    fields = (
        "name",
        "time_zone",
        "currency",
        "plan",
        "price_per_segment",
        "segment_ceiling",
        "allowed_countries",
    )
    formfield_overrides: ClassVar = {models.DecimalField: {"form_class": AmountField}}
    list_display = ("name", "plan", "price", "time_zone", "created_at")
    list_filter = ("plan",)
    search_fields = ("name",)

    @admin.display(description=gettext_lazy("price per segment"), ordering="price_per_segment")
    def price(self, organisation: Organisation) -> str:
        return money(organisation.price_per_segment, organisation.currency)

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> Organisation:
        return organisation_create(actor=signed_in_administrator(request), **fields)

    def change(self, request: HttpRequest, obj: Organisation, changes: dict[str, Any]) -> None:
        organisation_change(
            organisation=obj, changes=changes, actor=signed_in_administrator(request)
        )


def _give_new_password(user: User, actor: User, _fields: object) -> str:
    return _one_time(user, user_new_password(user=user, actor=actor))


@admin.register(User)
class UserAdmin(ServiceAdmin[User]):
    fields: ClassVar = ["email", "name", "organisation", "role", "is_staff"]
    list_display = ("email", "name", "organisation", "role", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "role", "organisation")
    list_select_related = ("organisation",)
    search_fields = ("email", "name")
    object_actions: ClassVar = [
        ObjectAction("new-password", gettext_lazy("New one-time password"), _give_new_password)
    ]

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.fields
        return [*self.fields, "is_active", *self.get_readonly_fields(request, obj)[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("email", "must_change_password", "last_login", "date_joined") if obj else ()

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> User:
        user, password = user_create(actor=signed_in_administrator(request), **fields)
        messages.warning(request, _one_time(user, password))
        return user

    def change(self, request: HttpRequest, obj: User, changes: dict[str, Any]) -> None:
        user_change(user=obj, changes=changes, actor=signed_in_administrator(request))


def _one_time(user: User, password: str) -> str:
    return _("One-time password of %(email)s, shown only now: %(password)s") % {
        "email": user.email,
        "password": password,
    }
