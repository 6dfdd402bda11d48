"""Amounts of money in pages."""

from django import template

from portal.core.money import money

register = template.Library()
register.filter(money)
