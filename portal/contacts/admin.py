"""Administrators keep the platform's stop list here; organisations keep their own."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.administration import signed_in_administrator
from portal.accounts.models import User
from portal.contacts.models import StopListEntry, StopSource
from portal.contacts.stop_list.forms import PlatformStopForm
from portal.contacts.stop_list.pages import beginning_with
from portal.contacts.stop_list.services import stop_list_add, stop_list_remove
from portal.contacts.stop_list.words import tell_added
from portal.core.admin_pages import ObjectAction, ReasonForm, ServiceAdmin
from portal.core.errors import Refused

_TITLE = gettext_lazy("Stop list of the whole portal")
_HOLDS_FOR_ALL = gettext_lazy(
    "It holds for all organisations: none of them sends anything to these numbers. What an "
    "organisation itself sends nothing to is on its own stop list."
)


def _remove(entry: StopListEntry, actor: User, fields: Mapping[str, str]) -> str:
    stop_list_remove(entry=entry, reason=fields["reason"], actor=actor)
    return _("%(number)s has been taken off the stop list.") % {"number": entry}


@admin.register(StopListEntry)
class PlatformStopListAdmin(ServiceAdmin[StopListEntry]):
    form = PlatformStopForm
    change_list_template = "admin/platform_stop_list.html"
    list_display = ("phone_display", "reason", "added_by", "created_at")
    list_select_related = ("added_by",)
    search_fields = ("phone",)
    search_help_text = gettext_lazy("Beginning of a number")
    # The first is NULL in all, and named for the index.
    ordering = ("organisation_id", "-created_at", "-id")
    object_actions: ClassVar = [
        ObjectAction(
            "remove", gettext_lazy("Take off the stop list"), _remove, form_class=ReasonForm
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StopListEntry]:
        return super().get_queryset(request).filter(organisation=None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        conditions = beginning_with(search_term, ("RU",))
        return queryset.filter(reduce(or_, conditions, Q(pk__in=()))), False

    def get_fieldsets(self, request: HttpRequest, obj: StopListEntry | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["numbers", "reason"], "description": _HOLDS_FOR_ALL})]
        return [(None, {"fields": ["phone_display", "reason", "added_by", "created_at"]})]

    def has_change_permission(self, request: HttpRequest, obj: StopListEntry | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        words = {"title": _TITLE, "description": _HOLDS_FOR_ALL}
        return super().changelist_view(request, {**words, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().add_view(request, form_url, {"title": _TITLE, **(extra_context or {})})

    def create(self, request: HttpRequest, fields: dict[str, Any]) -> StopListEntry:
        added = stop_list_add(
            organisation=None,
            phones=fields["numbers"].numbers,
            reason=fields["reason"],
            source=StopSource.ADMINISTRATOR,
            actor=signed_in_administrator(request),
        )
        if not added.entry_ids:
            raise Refused(_("The number is on the stop list already."), field="numbers")
        tell_added(request, added)
        return StopListEntry.objects.get(pk=added.entry_ids[0])

    def response_add(
        self, request: HttpRequest, obj: StopListEntry, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Whoever adds has been told how many."""
        return HttpResponseRedirect(self._page_url(obj))

    @admin.display(description=gettext_lazy("phone"), ordering="phone")
    def phone_display(self, entry: StopListEntry) -> str:
        return entry.phone_display

    def _page_url(self, obj: StopListEntry) -> str:
        """The list: an entry that was taken off has no page."""
        return reverse("admin:contacts_stoplistentry_changelist")
