from django import template

from portal.delivery.models import GatewayAccount

register = template.Library()


@register.simple_tag
def gateways_paused() -> int:
    """How many gateway accounts send nothing until somebody resumes them."""
    return GatewayAccount.objects.exclude(paused_reason="").count()
