from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    """The administrators' site; one's own password is changed at one place for everybody."""

    site_header = site_title = _("SMS portal administration")
    index_title = _("Administration")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")
