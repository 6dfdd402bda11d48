from django import template

from portal.accounts.models import Organisation
from portal.billing.services import Balance, balance

register = template.Library()


@register.simple_tag
def balance_of(organisation: Organisation) -> Balance:
    return balance(organisation)
