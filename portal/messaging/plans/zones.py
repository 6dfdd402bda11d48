"""On which clocks the owner of a mobile number most likely lives."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import (
    PhoneNumber,
    PhoneNumberType,
    country_code_for_region,
    example_number_for_type,
    is_number_type_geographical,
    number_type,
    region_codes_for_country_code,
)
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

_LONGEST_CALLING_CODE = 3
# Zones that show one time through this year are one: Europe/Jersey is on London's clocks.
_COMPARED = [datetime(2026, month, 15) for month in range(1, 13)]


def zone_name(phone: str) -> str:
    """The IANA name of the zone of ``phone`` (E.164 digits of a mobile number), "" where the number
    does not tell: the sender's own clocks are meant then.

    Mobile numbers of Russia and Kazakhstan tell nothing, for theirs go from Kaliningrad to
    Kamchatka; a German one tells Europe/Berlin, one of New York's area codes America/New_York. The
    data are libphonenumber's. No number is looked at twice as long as its first digits decide:
    100,000 take a fraction of a second.
    """
    code = _calling_code(phone)
    if not code:
        return ""
    return _zone_of_area(phone[:TIMEZONE_LONGEST_PREFIX]) if _has_areas(code) else _zone_of(code)


def zones_of_countries(countries: Iterable[str]) -> frozenset[str]:
    """What ``zone_name`` may answer to mobile numbers of ``countries`` (ISO 3166 codes)."""
    codes = {str(country_code_for_region(country)) for country in countries}
    return frozenset(name for code in codes for name in _zones_of(code))


@cache
def _zones_of(calling_code: str) -> frozenset[str]:
    if not _has_areas(calling_code):
        return frozenset({_zone_of(calling_code)})
    areas = (names for area, names in TIMEZONE_DATA.items() if area.startswith(calling_code))
    return frozenset(_only_one(names) for names in areas)


@lru_cache(maxsize=4096)
def _zone_of_area(prefix: str) -> str:
    code = _calling_code(prefix)
    number = PhoneNumber(country_code=int(code), national_number=int(prefix[len(code) :] or 0))
    return _only_one(time_zones_for_geographical_number(number))


@cache
def _zone_of(calling_code: str) -> str:
    """What all its mobile numbers have in common."""
    example = _examples(calling_code)
    return _only_one(time_zones_for_number(example[0])) if example else ""


@cache
def _has_areas(calling_code: str) -> bool:
    """Whether the first digits of a mobile number say where it is at home."""
    return any(
        is_number_type_geographical(number_type(example), int(calling_code))
        for example in _examples(calling_code)
    )


def _examples(calling_code: str) -> list[PhoneNumber]:
    """A mobile number of each country that the code belongs to."""
    regions = region_codes_for_country_code(int(calling_code))
    examples = (example_number_for_type(region, PhoneNumberType.MOBILE) for region in regions)
    return [example for example in examples if example is not None]


@lru_cache(maxsize=4096)
def _known_code(digits: str) -> str:
    prefixes = (digits[:length] for length in range(1, _LONGEST_CALLING_CODE + 1))
    return next((code for code in prefixes if region_codes_for_country_code(int(code))), "")


def _calling_code(phone: str) -> str:
    """No calling code begins another."""
    return _known_code(phone[:_LONGEST_CALLING_CODE])


def _only_one(names: tuple[str, ...]) -> str:
    """The first of them where they are on the same clocks."""
    if not available_timezones().issuperset(names):
        return ""
    return names[0] if len({_clocks(name) for name in names}) == 1 else ""


@cache
def _clocks(name: str) -> tuple[timedelta | None, ...]:
    return tuple(ZoneInfo(name).utcoffset(moment) for moment in _COMPARED)
