"""Dates before or after one, as an index of texts that knows beginnings can find them."""

from collections.abc import Iterator

_DIGITS = "0123456789"


def beginnings_before(day: str) -> list[str]:
    """What every earlier date begins with, and no other; all of ISO 8601, with four digits of the
    year: ``2026-03-10`` has ``0``, ``1``, ``200``, ``201`` … ``2026-02``, ``2026-03-0``."""
    return [start + other for start, digit in _places(day) for other in _DIGITS[:digit]]


def beginnings_after(day: str) -> list[str]:
    """The same of later ones."""
    return [start + other for start, digit in _places(day) for other in _DIGITS[digit + 1 :]]


def _places(day: str) -> Iterator[tuple[str, int]]:
    """Each digit, and what is before it."""
    return ((day[:place], int(digit)) for place, digit in enumerate(day) if digit in _DIGITS)
