"""The stop list as its pages show it: an organisation's entries and the platform's, in one list."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import gt, lt

from django.core import signing
from django.db import connection
from django.db.models import Q, QuerySet

from portal.accounts.models import User
from portal.contacts.models import SHARED, ImportedEntry, StopListEntry
from portal.contacts.number_beginnings import number_beginnings
from portal.core.keyset import Keyset, KeysetPage
from sms.phone import PhoneRefused, normalise

NEWEST_FIRST = Keyset(StopListEntry, ("-created_at", "-id"))
BY_PHONE = Keyset(StopListEntry, ("phone", "id"))

_SALT = "contacts.stop_list"
# Of the platform's entries, 50 ms: each is looked up among the contacts.
PLATFORM_LOOKED_THROUGH = 10_000
# Along contact_phone_once or contact_phone_ending, each shelf for itself; OFFSET keeps that from
# becoming a join. Without the ending the planner may read a whole shelf for every number while it
# has yet to learn that the shelf has grown.
_OF_CONTACTS = """
    SELECT entry.id
      FROM (SELECT id, phone, row_number() OVER () AS place FROM ({stretch}) walked) entry
     WHERE {has} OR {has}
     ORDER BY entry.place LIMIT %s
"""
_HAS = """EXISTS (SELECT FROM contacts_contact c
                    WHERE c.organisation_id = %s AND c.shelf = %s AND c.phone = entry.phone
                      AND right(c.phone, 4) = right(entry.phone, 4) AND c.phone <> '' OFFSET 0)"""
Entries = QuerySet[StopListEntry]


def stop_list_page(
    *, member: User, query: str, cursor: str | None = None, size: int = 50
) -> KeysetPage[StopListEntry]:
    """What keeps the member's organisation from sending to a number: all newest first, or by
    number those that begin with the digits of ``query``, in any spelling; none for a query without
    digits. A broken cursor gives the first page.

    Of the platform's entries those alone whose number is the whole ``query`` or is of a contact
    that the member sees: other people's numbers are nobody's to read here. They are looked for
    among ``PLATFORM_LOOKED_THROUGH`` at a time, so that a page may have less than ``size`` entries
    although there are more.
    """
    keyset = BY_PHONE if query.strip() else NEWEST_FIRST
    salt = f"{_SALT}:{keyset.fields[0]}"
    shown, platforms = _all_shown(member, query), _shown_to_who_knows(member, query)
    is_first = True
    with suppress(signing.BadSignature, *Keyset.NO_PLACE):
        place = signing.loads(cursor or "", salt=salt)
        shown = [keyset.beyond(piece, place) for piece in shown]
        platforms = [keyset.beyond(piece, place) for piece in platforms]
        is_first = False
    stretches = [_stretch(piece, member, keyset, size + 1) for piece in platforms]
    found = [_walked(piece, keyset, size + 1) for piece in shown]
    found += [stretch.entries for stretch in stretches]
    ends = [stretch.end for stretch in stretches if stretch.end]
    end = (max if keyset.is_descending else min)(ends, key=keyset.key, default=None)
    merged = heapq.merge(*found, key=keyset.key, reverse=keyset.is_descending)
    items = list(islice(_until(merged, end, keyset), size + 1))
    last = items[size - 1] if len(items) > size else end
    _name_files(items[:size])
    return KeysetPage(
        items=items[:size],
        next_cursor=signing.dumps(keyset.place(last), salt=salt) if last else None,
        is_first=is_first,
    )


def beginning_with(query: str, countries: Collection[str]) -> list[Q]:
    """Conditions on numbers that begin with the digits of ``query``, apart from each other."""
    return [Q(phone__startswith=start) for start in number_beginnings(query, countries)]


@dataclass(frozen=True)
class _Stretch:
    """``end``: the last one looked at, None where nothing comes after it."""

    entries: list[StopListEntry]
    end: StopListEntry | None


def _all_shown(member: User, query: str) -> list[Entries]:
    """The organisation's, and the platform's where the query is the whole number. Each is a piece
    of one index: joined by OR they would be sorted whole."""
    own = StopListEntry.objects.filter(organisation=member.organisation)
    asked = StopListEntry.objects.filter(organisation=None, phone=_whole_number(member, query))
    return [*(own.filter(condition) for condition in _conditions(member, query)), asked]


def _shown_to_who_knows(member: User, query: str) -> list[Entries]:
    platforms = StopListEntry.objects.filter(organisation=None)
    others = platforms.exclude(phone=_whole_number(member, query))
    return [others.filter(condition) for condition in _conditions(member, query)]


def _whole_number(member: User, query: str) -> str:
    """E.164 digits, "" where the query is no number to send to."""
    try:
        return normalise(query, countries=_countries(member))
    except PhoneRefused:
        return ""


def _conditions(member: User, query: str) -> list[Q]:
    return beginning_with(query, _countries(member)) if query.strip() else [Q()]


def _countries(member: User) -> list[str]:
    return member.organisation.allowed_countries if member.organisation else []


def _stretch(entries: Entries, member: User, keyset: Keyset, most: int) -> _Stretch:
    walk = entries.order_by("organisation_id", *keyset.fields)[:PLATFORM_LOOKED_THROUGH]
    statement, given = walk.values("id", "phone").query.sql_with_params()
    with connection.cursor() as cursor:
        shared, own = ([member.organisation_id, shelf] for shelf in (SHARED, member.pk))
        cursor.execute(
            _OF_CONTACTS.format(stretch=statement, has=_HAS), [*given, *shared, *own, most]
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    known = StopListEntry.objects.select_related("added_by").filter(pk__in=ids)
    end = list(walk[PLATFORM_LOOKED_THROUGH - 1 :])
    return _Stretch(
        sorted(known, key=keyset.key, reverse=keyset.is_descending), end[0] if end else None
    )


def _name_files(entries: Sequence[StopListEntry]) -> None:
    imported = ImportedEntry.objects.filter(entry_id__in=[entry.pk for entry in entries])
    names = dict(imported.order_by("source").values_list("entry_id", "source__file_name"))
    for entry in entries:
        entry.file_name = names.get(entry.pk, "")


def _until(
    entries: Iterable[StopListEntry], end: StopListEntry | None, keyset: Keyset
) -> Iterator[StopListEntry]:
    """Those up to ``end``: after it some may be missing."""
    if end is None:
        return iter(entries)
    last = keyset.key(end)
    is_beyond = lt if keyset.is_descending else gt
    return takewhile(lambda entry: not is_beyond(keyset.key(entry), last), entries)


def _walked(entries: Entries, keyset: Keyset, most: int) -> list[StopListEntry]:
    # PostgreSQL does not see that NULL is one value: named first, the index is in order for it.
    walk = entries.order_by("organisation_id", *keyset.fields)
    return list(walk.select_related("added_by")[:most])
