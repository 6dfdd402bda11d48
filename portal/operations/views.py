"""What machines ask: whether the portal lives, whether it sends, and its figures."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from portal.operations.health import is_healthy, portal_health
from portal.operations.metrics import PortalCollector


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """This process answers; it asks nobody else."""
    return JsonResponse({"process": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """A word for each check; 503 where one fails."""
    words = portal_health(now=timezone.now())
    return JsonResponse(words, status=200 if is_healthy(words) else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's figures, for who shows the token: they tell how much an organisation sends.

    Without a token set there is no such page. Opening it to this machine alone would open it to
    everybody behind a proxy on this machine.
    """
    if not settings.METRICS_TOKEN:
        return HttpResponseNotFound(content_type="text/plain")
    if not _shows_token(request):
        return HttpResponse(
            status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"}
        )
    registry = CollectorRegistry()
    registry.register(PortalCollector(timezone.now()))
    encode, content_type = _encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _shows_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN.encode()
    return scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), wanted)


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """The function for the best format that the scraper takes, and its content type."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):
        # A version that is no number.
        return choose_encoder("")
