"""Pages of which htmx may ask for a part."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks, and not in order to restore a whole page from its history."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def render_part_or_page(
    request: HttpRequest, *, part: str, page: str, context: Mapping[str, object]
) -> HttpResponse:
    """Both live at one address, so browsers are told not to take one for the other."""
    response = render(request, part if wants_part(request) else page, dict(context))
    patch_vary_headers(response, ["HX-Request"])
    return response
