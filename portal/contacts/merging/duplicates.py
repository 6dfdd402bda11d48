"""Contacts that are likely one person.

Both walks go along an index for a bounded stretch: a page of a million contacts costs what one of
a hundred does, and may find nobody although there is somebody further on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from django.core import signing
from django.db import connection

from portal.accounts.models import User
from portal.contacts.models import SHARED, Contact, DistinctPair

MOST_SETS = 20
MOST_IN_A_SET = 10
_SALT = "contacts.duplicates"

# Along contact_by_name, each shelf for itself.
_ALONG_NAMES = """
    SELECT key, id FROM (
        (SELECT search_key AS key, id FROM contacts_contact
          WHERE organisation_id = %(organisation)s AND shelf = %(shared)s AND archived_at IS NULL
            AND search_key > %(after)s ORDER BY search_key, id LIMIT %(walked)s)
        UNION ALL
        (SELECT search_key, id FROM contacts_contact
          WHERE organisation_id = %(organisation)s AND shelf = %(own)s AND archived_at IS NULL
            AND search_key > %(after)s ORDER BY search_key, id LIMIT %(walked)s)
    ) shelves ORDER BY key, id LIMIT %(walked)s
"""
# Along contact_phone_once: the member's own numbers, each looked up among the shared ones.
_ALONG_NUMBERS = """
    SELECT own.phone AS key, one.id
      FROM (SELECT phone, id FROM contacts_contact
             WHERE organisation_id = %(organisation)s AND shelf = %(own)s AND phone <> ''
               AND phone > %(after)s AND archived_at IS NULL ORDER BY phone LIMIT %(walked)s) own
     CROSS JOIN LATERAL (
           SELECT own.id UNION ALL
           SELECT id FROM contacts_contact shared
            WHERE shared.organisation_id = %(organisation)s AND shared.shelf = %(shared)s
              AND shared.phone = own.phone AND shared.phone <> '' AND shared.archived_at IS NULL
           ) one
"""
_SETS = """
    WITH stretch AS ({stretch}),
    ends AS (SELECT max(key) AS last, count(*) AS walked FROM stretch)
    SELECT found.key, found.ids, ends.last, ends.walked,
           (SELECT max(key) FROM stretch WHERE key < ends.last) AS last_but_one
      FROM ends LEFT JOIN (
           SELECT key, (array_agg(id ORDER BY id))[1:%(most)s] AS ids
             FROM stretch GROUP BY key HAVING count(*) > 1) found
           ON (SELECT count(*) FROM contacts_distinctpair
                WHERE first_id = ANY(found.ids) AND second_id = ANY(found.ids))
              < cardinality(found.ids) * (cardinality(found.ids) - 1) / 2
     ORDER BY found.key LIMIT %(sets)s
"""


class Alike(StrEnum):
    """``NUMBER``: an own contact that has a shared one's number."""

    NAME = "name"
    NUMBER = "number"


_STRETCHES = {Alike.NAME: _ALONG_NAMES, Alike.NUMBER: _ALONG_NUMBERS}
# Contacts of one page, 50 ms each way: every number is a look-up of its own.
WALKED = {Alike.NAME: 5_000, Alike.NUMBER: 2_000}


@dataclass(frozen=True)
class Duplicates:
    """``pairs``: two that may be one person, those who are alike next to each other. Of each set
    of at most ``MOST_IN_A_SET`` alike every contact stands with the nearest before it that it has
    not been told from. ``next_cursor`` is None where the walk came to the end."""

    pairs: list[tuple[Contact, Contact]]
    next_cursor: str | None
    is_first: bool


class _Found(NamedTuple):
    key: str | None
    ids: list[int]
    last: str | None
    walked: int
    last_but_one: str | None


def duplicates_page(member: User, alike: Alike, *, cursor: str | None) -> Duplicates:
    """Contacts in use that the member sees; contacts without a name have none in common. Two who
    were told apart are no pair. A broken cursor gives the first page."""
    after = _after(alike, cursor)
    found = _walk(member, alike, after or "")
    end = _end_of(found, WALKED[alike])
    keys = [one for one in found if one.key is not None and (end is None or one.key <= end)]
    return Duplicates(
        pairs=_pairs(_contacts(member, [one.ids for one in keys[:MOST_SETS]])),
        next_cursor=signing.dumps([alike.value, end], salt=_SALT) if end is not None else None,
        is_first=after is None,
    )


def _walk(member: User, alike: Alike, after: str) -> list[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(
            _SETS.format(stretch=_STRETCHES[alike]),
            {
                "organisation": member.organisation_id,
                "own": member.pk,
                "shared": SHARED,
                "after": after,
                "walked": WALKED[alike],
                "most": MOST_IN_A_SET,
                "sets": MOST_SETS + 1,
            },
        )
        return [_Found(*row) for row in cursor.fetchall()]


def _end_of(found: Sequence[_Found], stretch: int) -> str | None:
    """The last key that the page is done with, None where there is nothing after it. ``stretch``:
    how many contacts it was to look through."""
    if len(found) > MOST_SETS:
        return found[MOST_SETS - 1].key
    if found[0].walked < stretch:
        return None
    # The last one's contacts may go on behind the stretch.
    return found[0].last_but_one or found[0].last


def _contacts(member: User, sets: Sequence[Sequence[int]]) -> list[list[Contact]]:
    ids = [pk for one in sets for pk in one]
    contacts = Contact.objects.visible_to(member).in_bulk(ids)
    known = ([contacts[pk] for pk in one if pk in contacts] for one in sets)
    return [one for one in known if len(one) > 1]


def _pairs(sets: Sequence[Sequence[Contact]]) -> list[tuple[Contact, Contact]]:
    ids = [one.pk for alike in sets for one in alike]
    told = DistinctPair.objects.filter(first__in=ids, second__in=ids)
    distinct = set(told.values_list("first_id", "second_id"))
    return [
        (partner, contact)
        for alike in sets
        for place, contact in enumerate(alike)
        for partner in _nearest(alike[:place], contact, distinct)
    ]


def _nearest(
    before: Sequence[Contact], contact: Contact, distinct: Collection[tuple[int, int]]
) -> list[Contact]:
    """One at most."""
    open_ones = (one for one in reversed(before) if (one.pk, contact.pk) not in distinct)
    return list(islice(open_ones, 1))


def _after(alike: Alike, cursor: str | None) -> str | None:
    """The key that the cursor names, None where it names none of this walk."""
    try:
        of, key = signing.loads(cursor or "", salt=_SALT)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return str(key) if of == alike.value else None
