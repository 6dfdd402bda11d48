"""Which numbers an organisation sends nothing to, and why."""

from collections.abc import Collection
from dataclasses import dataclass

from portal.core.prepared import numbers, rows_planned_now

# For statements over so many numbers that the whole list is read: ``phone``, ``reason`` and
# ``is_platform_wide`` of each number that an organisation sends nothing to, each once.
STOPS_IN_ALL = """
    SELECT DISTINCT ON (phone) phone, reason, organisation_id IS NULL AS is_platform_wide
      FROM contacts_stoplistentry
     WHERE organisation_id = %(organisation)s OR organisation_id IS NULL
     ORDER BY phone, organisation_id NULLS LAST
"""

_STOPS = """
    SELECT DISTINCT ON (phone) phone, reason, organisation_id IS NULL
      FROM (SELECT phone, reason, organisation_id FROM contacts_stoplistentry
             WHERE organisation_id = %(organisation)s AND phone = ANY(%(phones)s::text[])
             UNION ALL
            SELECT phone, reason, organisation_id FROM contacts_stoplistentry
             WHERE organisation_id IS NULL AND phone = ANY(%(phones)s::text[])) AS found
     ORDER BY phone, organisation_id NULLS LAST
"""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing is sent to a number, in the words of whoever added it ("" for none)."""

    reason: str
    is_platform_wide: bool


def stops_of(organisation_id: int, phones: Collection[str]) -> dict[str, Stop]:
    """Those of ``phones`` (E.164 digits) that the organisation sends nothing to."""
    if not phones:
        return {}
    asked = {"organisation": organisation_id, "phones": numbers(phones)}
    found = rows_planned_now(_STOPS, asked)
    return {phone: Stop(reason, is_platform_wide) for phone, reason, is_platform_wide in found}


def numbers_stopped(organisation_id: int, phones: Collection[str]) -> dict[str, str]:
    """Those of ``phones`` (E.164 digits) that the organisation sends nothing to, with why ("" where
    nobody said)."""
    return {phone: stop.reason for phone, stop in stops_of(organisation_id, phones).items()}
