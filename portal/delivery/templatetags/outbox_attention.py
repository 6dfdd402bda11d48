from django import template

from portal.delivery import attention
from portal.delivery.attention import AccountInTrouble, MessagesWaiting
from portal.delivery.models import PlatformStop
from portal.delivery.platform import stop_now

register = template.Library()


@register.simple_tag
def accounts_in_trouble() -> list[AccountInTrouble]:
    return attention.accounts_in_trouble()


@register.simple_tag
def messages_waiting() -> list[MessagesWaiting]:
    return attention.messages_waiting()


@register.simple_tag
def sending_stopped() -> PlatformStop | None:
    """The stop of all sending, while it holds."""
    return stop_now()
