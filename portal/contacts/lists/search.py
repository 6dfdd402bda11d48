"""Finding contacts by what was typed: a name's words or a part of a number.

What a query finds comes in tiers, each in its own order: those whose name begins as typed, by name,
before those with such words further on; numbers by number. A cursor names the tier and the place in
it. Shelves are walked apart, each along its own index, and merged.
"""

import heapq
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import and_

from django.core import signing
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThan
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.contacts.lists.filters import Filters
from portal.contacts.models import Contact, ContactQuerySet
from portal.contacts.models.contact import SEARCHED_ENDING
from portal.contacts.number_beginnings import number_beginnings
from portal.contacts.search_words import quoted, search_key, word_lexeme
from portal.contacts.selectors import is_large
from portal.core.keyset import Keyset, KeysetPage
from portal.core.walk import first_fitting

LONGEST_QUERY = 150
LONGEST_ENDING = 10
# Rows for some ten milliseconds: where the index has all that is asked, and where not; and where
# hardly any name fits.
LONGEST_WALK, LONGEST_WALK_OF_ROWS, SHORTEST_WALK = 25_000, 4_000, 1_000

BY_NAME = Keyset(Contact, ("search_key", "id"))
AS_ADDED = Keyset(Contact, ("id",))
BY_PHONE = Keyset(Contact, ("phone", "id"))
LATEST_ARCHIVED = Keyset(Contact, ("-archived_at", "-id"))
NO_FILTERS = Filters()

_SALT = "contacts.search"
_LETTER = re.compile(r"[^\W\d_]")
_ALL = Q()


@dataclass(frozen=True)
class _Tier:
    """``ranges``: pieces of the index of ``keyset`` that hold all of it. ``fits``: what else must
    hold, ``fits_by_index``: the same by an index; ``longest_walk``: rows to look at before that
    index is asked."""

    keyset: Keyset
    ranges: tuple[Q, ...] = (_ALL,)
    fits: Q = _ALL
    fits_by_index: Q = _ALL
    longest_walk: int = 0

    def narrowed(self, organisation: Organisation, filters: Filters) -> "_Tier":
        now = timezone.now()
        by_index = filters.condition(organisation, now=now)
        if not by_index:
            return self
        fits = self.fits & filters.condition(organisation, now=now, probes=True)
        by_index &= self.fits_by_index
        return _Tier(self.keyset, self.ranges, fits, by_index, LONGEST_WALK_OF_ROWS)


def search_page(
    *,
    member: User,
    query: str,
    filters: Filters = NO_FILTERS,
    cursor: str | None = None,
    size: int = 50,
) -> KeysetPage[Contact]:
    """Those of the shared contacts and the member's own that ``query`` finds among ``filters``.

    With letters in it: whose name has, for every typed word, a word that starts with it (case and
    ё do not matter). Without: whose number starts with the typed digits in any spelling, or ends
    with them if they are four to ten, or whose name has such words. A blank query finds all. A
    leading 8, or a number without its country code, is understood as the organisation's countries
    have it. A broken cursor gives the first page.
    """
    organisation = _organisation_of(member)
    tiers = _narrowed_tiers(query, organisation, filters)
    shelves = [
        _shelf(organisation, shelf, is_archived=filters.archived)
        for shelf in filters.shelves(member)
    ]
    start, place = _read(cursor, tiers)
    found: list[tuple[int, Contact]] = []
    for number in range(start, len(tiers)):
        wanted = size + 1 - len(found)
        tier_place = place if number == start else None
        first = islice(_merged(tiers[number], shelves, tier_place, wanted), wanted)
        found += [(number, contact) for contact in first]
        if len(found) > size:
            break
    return KeysetPage(
        items=[contact for _number, contact in found[:size]],
        next_cursor=_cursor(tiers, *found[size - 1]) if len(found) > size else None,
        is_first=place is None,
    )


def search_rows(member: User, filters: Filters) -> ContactQuerySet:
    """The contacts that a search looks through, apart from what it asks of each."""
    shelves = Contact.objects.on_shelves(_organisation_of(member), filters.shelves(member))
    return shelves.filter(archived_at__isnull=not filters.archived)


def search_condition(
    *, member: User, query: str, filters: Filters = NO_FILTERS, now: datetime
) -> Q:
    """The same as one condition on ``Contact``, whether they are archived included."""
    organisation = _organisation_of(member)
    shelves = Q(organisation=organisation, shelf__in=filters.shelves(member))
    state = Q(archived_at__isnull=not filters.archived)
    return shelves & state & asked(member=member, query=query, filters=filters, now=now)


def asked(
    *, member: User, query: str, filters: Filters = NO_FILTERS, now: datetime, probes: bool = False
) -> Q:
    """What a search asks of each of ``search_rows``, in one. ``probes``: of row after row, as a
    walk does."""
    organisation = _organisation_of(member)
    found = _found(_plain(query), organisation)
    return found & filters.condition(organisation, now=now, probes=probes)


def _narrowed_tiers(query: str, organisation: Organisation, filters: Filters) -> list[_Tier]:
    group = filters.group
    if group is None or query.strip() or filters.archived or not is_large(group):
        tiers = _tiers(query, organisation, filters)
        return [tier.narrowed(organisation, filters) for tier in tiers]
    # Along a million names the group's may come last; its own index has them as they were added.
    members = _Tier(AS_ADDED, ranges=(Q(memberships__group=group),))
    return [members.narrowed(organisation, replace(filters, group=None))]


def _tiers(query: str, organisation: Organisation, filters: Filters) -> list[_Tier]:
    query = _plain(query)
    if filters.archived:
        found = _found(query, organisation)
        return [_Tier(LATEST_ARCHIVED, (_ALL,), found, found, LONGEST_WALK_OF_ROWS)]
    if _LETTER.search(query):
        return _tiers_by_name(query, organisation)
    if query.strip():
        return _tiers_by_number(query, organisation)
    return [_Tier(BY_NAME)]


def _tiers_by_name(query: str, organisation: Organisation) -> list[_Tier]:
    key, words = search_key(query), _words(query)
    begins = _from_to("search_key", key)
    further_on = _Tier(
        BY_NAME,
        fits=_in_key(words) & ~begins,
        fits_by_index=_by_words(organisation, words) & ~begins,
        longest_walk=LONGEST_WALK,
    )
    return [_Tier(BY_NAME, ranges=(begins,)), further_on]


def _tiers_by_number(query: str, organisation: Organisation) -> list[_Tier]:
    digits, words = _digits(query), _words(query)
    tiers, others = [], _ALL
    if starts := number_beginnings(query, organisation.allowed_countries):
        ranges = tuple(_from_to("phone", start) & ~Q(phone="") for start in starts)
        tiers.append(_Tier(BY_PHONE, ranges=ranges))
        for begins in ranges:
            others &= ~begins
    if ends := _ends(digits):
        tiers.append(_Tier(BY_NAME, fits=ends & others, fits_by_index=ends & others))
        others &= ~ends
    if words:
        fits, by_index = _in_key(words) & others, _by_words(organisation, words) & others
        tiers.append(_Tier(BY_NAME, (_ALL,), fits, by_index, SHORTEST_WALK))
    return tiers


def _found(query: str, organisation: Organisation) -> Q:
    """What any of the tiers finds; all for a blank query, none for mere punctuation."""
    if not query.strip():
        return _ALL
    words = _words(query)
    found = _by_words(organisation, words) if words else Q(pk__in=())
    if _LETTER.search(query):
        return found
    for start in number_beginnings(query, organisation.allowed_countries):
        found |= _from_to("phone", start)
    return found | _ends(_digits(query))


def _words(query: str) -> list[str]:
    """Those of a search key that another one does not begin with: it says all that they do."""
    words = dict.fromkeys(search_key(query).split())
    return [word for word in words if not any(_is_more(other, word) for other in words)]


def _is_more(other: str, word: str) -> bool:
    return other != word and other.startswith(word)


def _by_words(organisation: Organisation, words: Collection[str]) -> Q:
    """``words``: of a search key."""
    beginnings = (quoted(word_lexeme(organisation.pk, word)) + ":*" for word in words)
    return Q(lexemes__holds=" & ".join(beginnings)) if words else Q(pk__in=())


def _in_key(words: Collection[str]) -> Q:
    """The same, read off the key."""
    spaced = Concat(Value(" "), F("search_key"))
    conditions = (Q(GreaterThan(StrIndex(spaced, Value(f" {word}")), 0)) for word in words)
    return reduce(and_, conditions, _ALL) if words else Q(pk__in=())


def _from_to(column: str, beginning: str) -> Q:
    """Columns of collation C that begin so."""
    last = ord(beginning[-1:] or "\0")
    following = 0xE000 if last == 0xD7FF else last + 1
    beyond = beginning[:-1] + chr(following)
    return Q(**{f"{column}__gte": beginning, f"{column}__lt": beyond})


def _ends(digits: str) -> Q:
    """Numbers that end so; the index has their last four digits."""
    if not SEARCHED_ENDING <= len(digits) <= LONGEST_ENDING:
        return Q(pk__in=())
    ends = ~Q(phone="") & _end_with(digits[-SEARCHED_ENDING:])
    return ends if len(digits) == SEARCHED_ENDING else ends & _end_with(digits)


def _end_with(digits: str) -> Q:
    return Q(Exact(Right(F("phone"), len(digits)), Value(digits)))


def _digits(query: str) -> str:
    return "".join(re.findall(r"[0-9]", query))


def _plain(query: str) -> str:
    return query[:LONGEST_QUERY].replace("\0", "")


def _shelf(organisation: Organisation, shelf: int, *, is_archived: bool) -> ContactQuerySet:
    contacts = Contact.objects.on_shelves(organisation, (shelf,))
    return contacts.filter(archived_at__isnull=False) if is_archived else contacts.in_use()


def _merged(
    tier: _Tier, shelves: Sequence[ContactQuerySet], place: Sequence[str] | None, most: int
) -> Iterator[Contact]:
    """Each shelf's and each range's first ``most`` after ``place``, in one order."""
    pieces = [
        _first(tier, shelf.filter(part), place, most) for shelf in shelves for part in tier.ranges
    ]
    return heapq.merge(*pieces, key=tier.keyset.key, reverse=tier.keyset.is_descending)


def _first(
    tier: _Tier, rows: ContactQuerySet, place: Sequence[str] | None, most: int
) -> list[Contact]:
    if place is not None:
        rows = tier.keyset.beyond(rows, place)
    return first_fitting(
        rows,
        tier.keyset,
        fits=tier.fits,
        fits_by_index=tier.fits_by_index,
        most=most,
        longest_walk=tier.longest_walk,
    )


def _cursor(tiers: Sequence[_Tier], number: int, contact: Contact) -> str:
    return signing.dumps([number, *tiers[number].keyset.place(contact)], salt=_SALT)


def _read(cursor: str | None, tiers: Sequence[_Tier]) -> tuple[int, list[str] | None]:
    """The tier and the place in it; the very beginning where the cursor is none of these."""
    try:
        number, *place = signing.loads(cursor or "", salt=_SALT)
        tiers[number].keyset.beyond(Contact.objects.none(), place)
    except (signing.BadSignature, IndexError, *Keyset.NO_PLACE):
        return 0, None
    return number, place


def _organisation_of(member: User) -> Organisation:
    if member.organisation is None:
        raise ValueError("Contacts are searched by members alone")
    return member.organisation
