from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.operations.urls import urlpatterns

Handler = Callable[[HttpRequest], HttpResponse]
PROBES = {f"/{pattern.pattern}": pattern.callback for pattern in urlpatterns}


class ProbeMiddleware:
    """Answers probes and scrapers before sessions and languages, and by whatever name they call
    this process: they come to it directly, under no host name of the site's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe: Handler = PROBES.get(request.path_info, self.get_response)
        return probe(request)
