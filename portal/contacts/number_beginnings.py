"""What the digits that somebody types while searching may be the beginning of."""

import re
from collections.abc import Collection

_DIGIT = re.compile(r"[0-9]")
_COUNTRIES_OF_SEVEN = frozenset({"RU", "KZ"})


def number_beginnings(query: str, countries: Collection[str]) -> list[str]:
    """Beginnings of numbers (E.164 digits), rising; none of them begins with another, and a query
    without digits has none.

    Where ``countries`` (ISO 3166-1) have one with code 7, a leading 8 stands for it, and it may be
    missing before a 9 or a 7; not in a query with a +.
    """
    digits = "".join(_DIGIT.findall(query))
    starts = {digits} - {""}
    if "+" not in query and not _COUNTRIES_OF_SEVEN.isdisjoint(countries):
        if digits.startswith("8"):
            starts.add("7" + digits[1:])
        if digits.startswith(("9", "7")):
            starts.add("7" + digits)
    return sorted(start for start in starts if not start.startswith(tuple(starts - {start})))
