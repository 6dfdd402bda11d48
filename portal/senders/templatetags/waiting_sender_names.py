from django import template

from portal.senders.models import SenderName, SenderState

register = template.Library()


@register.simple_tag
def sender_names_requested() -> int:
    """How many sender names wait for an administrator's decision."""
    return SenderName.objects.filter(state=SenderState.REQUESTED).count()
