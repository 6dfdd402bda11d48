from django import template

from portal.delivery.models import GatewayAccount, PlatformStop
from portal.delivery.platform import stop_now

register = template.Library()


@register.simple_tag
def gateways_paused() -> int:
    """How many gateway accounts send nothing until somebody resumes them."""
    return GatewayAccount.objects.exclude(paused_reason="").count()


@register.simple_tag
def sending_stopped() -> PlatformStop | None:
    """The stop of all sending, while it holds."""
    return stop_now()
