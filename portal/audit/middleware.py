from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from portal.audit.origin import origin


class OriginMiddleware:
    """Audit events written during a request carry the client's address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with origin(_client_address(request)):
            return self.get_response(request)


def _client_address(request: HttpRequest) -> str:
    """ "" where no address is known, as behind a proxy that passes none on."""
    try:
        address: str = get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return ""
    return address
