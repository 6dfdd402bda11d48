"""The stop list as its pages show it: an organisation's entries and the platform's, in one list."""

import heapq
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice

from django.core import signing
from django.db.models import Q, QuerySet

from portal.accounts.models import Organisation
from portal.contacts.models import StopListEntry
from portal.contacts.number_beginnings import number_beginnings
from portal.core.keyset import Keyset, KeysetPage

NEWEST_FIRST = Keyset(StopListEntry, ("-created_at", "-id"))
BY_PHONE = Keyset(StopListEntry, ("phone", "id"))

_SALT = "contacts.stop_list"
Entries = QuerySet[StopListEntry]


def stop_list_page(
    *, organisation: Organisation, query: str, cursor: str | None = None, size: int = 50
) -> KeysetPage[StopListEntry]:
    """What keeps the organisation from sending to a number: all newest first, or by number those
    that begin with the digits of ``query``, in any spelling; none for a query without digits. A
    broken cursor gives the first page."""
    keyset = BY_PHONE if query.strip() else NEWEST_FIRST
    salt = f"{_SALT}:{keyset.fields[0]}"
    pieces = list(_pieces(organisation, query))
    is_first = True
    with suppress(signing.BadSignature, *Keyset.NO_PLACE):
        place = signing.loads(cursor or "", salt=salt)
        pieces, is_first = [keyset.beyond(piece, place) for piece in pieces], False
    found = [_walked(piece, keyset, size + 1) for piece in pieces]
    merged = heapq.merge(*found, key=keyset.key, reverse=keyset.is_descending)
    items = list(islice(merged, size + 1))
    more = len(items) > size
    return KeysetPage(
        items=items[:size],
        next_cursor=signing.dumps(keyset.place(items[size - 1]), salt=salt) if more else None,
        is_first=is_first,
    )


def beginning_with(query: str, countries: Collection[str]) -> list[Q]:
    """Conditions on numbers that begin with the digits of ``query``, apart from each other."""
    return [Q(phone__startswith=start) for start in number_beginnings(query, countries)]


def _pieces(organisation: Organisation, query: str) -> Iterator[Entries]:
    """Each a piece of one index. Joined by OR they would be sorted whole."""
    conditions = [Q()]
    if query.strip():
        conditions = beginning_with(query, organisation.allowed_countries)
    for whose in (Q(organisation=organisation), Q(organisation=None)):
        for condition in conditions:
            yield StopListEntry.objects.filter(whose, condition)


def _walked(entries: Entries, keyset: Keyset, most: int) -> list[StopListEntry]:
    # PostgreSQL does not see that NULL is one value: named first, the index is in order for it.
    walk = entries.order_by("organisation_id", *keyset.fields)
    return list(walk.select_related("added_by")[:most])
