from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]

ALLOWED_WITH_ONE_TIME_PASSWORD = {
    "account_change_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_logout",
    "set_language",
}


class OneTimePasswordMiddleware:
    """Who signed in with a one-time password goes nowhere before choosing their own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request.user, "must_change_password", False) and not _is_allowed(request.path):
            return redirect("account_change_password")
        return self.get_response(request)


def _is_allowed(path: str) -> bool:
    try:
        return resolve(path).view_name in ALLOWED_WITH_ONE_TIME_PASSWORD
    except Resolver404:
        return False


class OrganisationTimeZoneMiddleware:
    """Pages show times in the zone of the member's organisation."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        organisation = getattr(request.user, "organisation", None)
        if organisation is None:
            return self.get_response(request)
        with timezone.override(organisation.zone):
            return self.get_response(request)
