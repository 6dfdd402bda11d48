"""What a placeholder may do to its value: `{name:filter}`.

Each has an English and a Russian name. Where the languages write something differently, the name
chooses: `day` makes "24 November", `день` makes "24 ноября". Gaps between digits are plain spaces,
for a no-break space would make a Latin text UCS-2.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

# None for a value that the filter cannot read.
Filter = Callable[[str], str | None]

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?")
_LOCAL = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,9}))?")
_GAPS = re.compile(r"[ \u00a0\u2009\u202f]")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MONTHS_RU = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа"),
    *("сентября", "октября", "ноября", "декабря"),
)


def as_date(value: str) -> str | None:
    """24.11.2026, of that or of 2026-11-24."""
    day = _day_of(value)
    return f"{day.day:02}.{day.month:02}.{day.year:04}" if day else None


def as_number(value: str, *, gap: str = " ", point: str = ",") -> str | None:
    """1 234 567,5, of digits with a point or a comma, with or without gaps."""
    match = _NUMBER.fullmatch(_GAPS.sub("", value).replace("\u2212", "-"))
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    grouped = f"{int(whole):,}".replace(",", gap)
    minus = "-" if sign == "-" else ""
    return f"{minus}{grouped}{point}{fraction}" if fraction else f"{minus}{grouped}"


def _capital(value: str) -> str:
    """The first letter alone: what else is large or small stays so."""
    return value[0].upper() + value[1:]


def _english_day(value: str) -> str | None:
    day = _day_of(value)
    return f"{day.day} {_MONTHS[day.month - 1]}" if day else None


def _russian_day(value: str) -> str | None:
    day = _day_of(value)
    return f"{day.day} {_MONTHS_RU[day.month - 1]}" if day else None


def _english_number(value: str) -> str | None:
    return as_number(value, gap=",", point=".")


def _day_of(value: str) -> date | None:
    if match := _ISO.fullmatch(value):
        year, month, day = match.groups()
    elif match := _LOCAL.fullmatch(value):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


FILTERS: Mapping[str, Filter] = {
    "capital": _capital,
    "с-большой": _capital,
    "upper": str.upper,
    "прописные": str.upper,
    "lower": str.lower,
    "строчные": str.lower,
    "date": as_date,
    "дата": as_date,
    "day": _english_day,
    "день": _russian_day,
    "number": _english_number,
    "число": as_number,
}

RUSSIAN: Mapping[str, str] = {
    "capital": "с-большой",
    "upper": "прописные",
    "lower": "строчные",
    "date": "дата",
    "day": "день",
    "number": "число",
}
