"""Amounts of money as administrators type and read them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import get_format

from portal.core.money import MINUS, money

_SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f'"))


class AmountField(forms.DecimalField):
    """Takes a comma or a point before the fraction, and spaces between thousands.

    A number input would take the point alone, and a browser of another language drops the comma:
    10,5 would become 105.
    """

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        # A model's form field would come with its own widget, the number input.
        options["widget"] = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.translate(_SPACES).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """``2,5`` for what the database holds as 2.5000; what was typed stays as typed."""
        if not isinstance(value, Decimal):
            return value
        return f"{value.normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))


def money_change(amount: Decimal, currency: str) -> str:
    """``+10,50 ₽`` or ``−2,50 ₽``; a dash where nothing changes."""
    if not amount:
        return "—"
    return f"{'+' if amount > 0 else MINUS}{money(abs(amount), currency)}"
