"""The audit trail's page; here because events know organisations by id only."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation
from portal.audit.models import Event
from portal.audit.services import PLATFORM
from portal.core.admin_pages import ReadOnlyAdmin

# There is one of them, which its kind names.
_ONLY_ONE = frozenset({"delivery.platformstop"})
# Labels that the trail holds where no user acted.
_ACTORS = {"system": _("the portal itself"), "?": _("unknown")}


class ChainFilter(admin.SimpleListFilter):
    title = _("organisation")
    parameter_name = "organisation_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        names = Organisation.objects.values_list("pk", "name")
        return [(PLATFORM, _("the platform")), *names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        if chosen is None or not chosen.isdecimal():
            return None
        return queryset.filter(organisation_id=int(chosen))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    list_display = ("at", "organisation", "actor", "action", "concerned", "origin")
    list_filter = (ChainFilter, "action", "at")
    search_fields = ("actor_label", "object_label", "object_id")
    search_help_text = _("Actor, object or object's id")
    ordering = ("-at", "-id")
    fields = (
        "at",
        ("organisation", "sequence"),
        ("actor", "actor_id"),
        "origin",
        "action",
        ("object_type", "object_id"),
        "object_label",
        "details_indented",
        "previous_hash",
        "hash",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        name = Organisation.objects.filter(pk=OuterRef("organisation_id")).values("name")
        events: QuerySet[Event] = super().get_queryset(request)
        return events.annotate(organisation_name=Subquery(name))

    @admin.display(description=_("organisation"))
    def organisation(self, event: Any) -> Any:
        if event.organisation_id == PLATFORM:
            return _("the platform")
        return event.organisation_name or event.organisation_id

    @admin.display(description=_("actor"), ordering="actor_label")
    def actor(self, event: Event) -> Any:
        return _ACTORS.get(event.actor_label, event.actor_label)

    @admin.display(description=_("object"))
    def concerned(self, event: Event) -> str:
        """What kind of object and which: ``message #7``."""
        try:
            kind = str(apps.get_model(event.object_type)._meta.verbose_name)
        except (LookupError, ValueError):
            kind = event.object_type
        label = "" if event.object_type in _ONLY_ONE else event.object_label
        return f"{kind} {label}".strip()

    @admin.display(description=_("details"))
    def details_indented(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.details, ensure_ascii=False, indent=2))
