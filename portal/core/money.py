"""Amounts of money as people read them."""

from decimal import Decimal

from django.utils.formats import number_format

SYMBOLS = {"RUB": "₽", "BYN": "Br", "KZT": "₸", "USD": "$", "EUR": "€"}
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"


def money(amount: Decimal, currency: str) -> str:
    """``1 234,50 ₽``: two decimals, or as many as a fraction of a kopeck needs, up to four."""
    exact = amount.normalize().as_tuple().exponent
    decimals = min(4, max(2, -exact if isinstance(exact, int) else 2))
    number = number_format(amount, decimal_pos=decimals, force_grouping=True)
    return f"{number}{NO_BREAK_SPACE}{SYMBOLS.get(currency, currency)}".replace("-", MINUS)
