from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from portal.core.admin_pages import ReadOnlyAdmin


class PortalAdminSite(AdminSite):
    """The administrators' site."""

    site_header = site_title = _("SMS portal administration")
    index_title = _("Administration")

    def register(
        self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any
    ) -> None:
        """Takes the portal's own pages only: others' would change rows past the audit trail."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """ "View site" leads those without an organisation back here: they get no such link."""
        context = super().each_context(request)
        if getattr(request.user, "organisation_id", None) is None:
            context["site_url"] = None
        return context

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> Any:
        """One's own password is changed at one place, members and administrators alike."""
        return redirect("account_change_password")
