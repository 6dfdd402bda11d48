"""The administrators' button that stops all sending."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from portal.accounts.administration import signed_in_administrator
from portal.core.admin_pages import ReasonForm
from portal.core.errors import Refused
from portal.delivery.platform import platform_resume, platform_stop, stop_now

if TYPE_CHECKING:
    from portal.delivery.models import GatewayAccount

    _ModelAdmin = admin.ModelAdmin[GatewayAccount]
else:
    _ModelAdmin = object


class PlatformStopPages(_ModelAdmin):
    """Beside the list of gateway accounts: a page that stops all of them, and its undoing."""

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("stop-all/", self.admin_site.admin_view(self.stop_view), name="stop_all"),
            path("resume-all/", self.admin_site.admin_view(self.resume_view), name="resume_all"),
        ]
        return [*pages, *super().get_urls()]

    def stop_view(self, request: HttpRequest) -> HttpResponse:
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                because = form.cleaned_data["reason"]
                platform_stop(because=because, actor=signed_in_administrator(request))
            except Refused as refusal:
                form.add_error("reason", str(refusal.message))
            else:
                messages.success(request, _("All sending is stopped. What is queued waits."))
                return self._to_the_list()
        return TemplateResponse(request, "admin/stop_all.html", self._context(request, form))

    def resume_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            platform_resume(actor=signed_in_administrator(request))
            messages.success(request, _("Sending goes on."))
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        return self._to_the_list()

    def _context(self, request: HttpRequest, form: ReasonForm) -> dict[str, Any]:
        stop = stop_now()
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change the reason") if stop else _("Stop all sending"),
            "form": form,
            "stop": stop,
            "list_url": reverse("admin:delivery_gatewayaccount_changelist"),
        }

    def _to_the_list(self) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:delivery_gatewayaccount_changelist"))
