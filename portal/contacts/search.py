"""Finding contacts by what was typed: a name's words or the start of a number."""

import re
from collections.abc import Collection

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q

from portal.contacts.models import Contact, ContactQuerySet, search_key
from portal.core.keyset import KeysetPage, keyset_page

LONGEST_QUERY = 150
MOST_NAMES_WITH_A_NUMBER = 1000
_LETTER = re.compile(r"[^\W\d_]")
_COUNTRIES_OF_SEVEN = frozenset({"RU", "KZ"})


def search_page(
    contacts: ContactQuerySet,
    query: str,
    *,
    countries: Collection[str] = ("RU",),
    cursor: str | None = None,
    size: int = 50,
) -> KeysetPage[Contact]:
    """Those of ``contacts`` that ``query`` finds, by name.

    With letters in it: whose name has, for every typed word, a word that starts with it (case and
    ё do not matter). Without: whose number starts with the typed digits in any spelling, or whose
    name has such words (of these the first 1,000). A blank query finds all. ``countries``: where a
    leading 8, or a number without its country code, is understood.
    """
    query = query[:LONGEST_QUERY].replace("\0", "")
    words = search_key(query).split()
    if _LETTER.search(query):
        # PostgreSQL guesses that any beginning of a word is in 2 % of the names, and would walk
        # the whole list for one that is rare.
        return keyset_page(_with_words(contacts, words), cursor=cursor, size=size, sorts=True)
    if query.strip():
        contacts = contacts.filter(
            _by_number(query, countries) | Q(pk__in=_named_by_number(contacts, words))
        )
    return keyset_page(contacts, cursor=cursor, size=size)


def _with_words(contacts: ContactQuerySet, words: Collection[str]) -> ContactQuerySet:
    """``words`` of a search key; they hold letters, digits and underscores alone, so quotes are
    enough of an escape."""
    prefixes = " & ".join(f"'{word}':*" for word in words)
    condition = SearchQuery(prefixes, search_type="raw", config="simple")
    return contacts.alias(words=SearchVector("search_key", config="simple")).filter(words=condition)


def _named_by_number(contacts: ContactQuerySet, words: Collection[str]) -> list[int]:
    """Looked up ahead: joined by OR to the number's beginning, it would leave no index to use."""
    if not words:
        return []
    named = _with_words(contacts, words).values_list("pk", flat=True)
    return list(named[:MOST_NAMES_WITH_A_NUMBER])


def _by_number(query: str, countries: Collection[str]) -> Q:
    digits = "".join(re.findall(r"[0-9]", query))
    starts = {digits}
    if "+" not in query and not _COUNTRIES_OF_SEVEN.isdisjoint(countries):
        if digits.startswith("8"):
            starts.add("7" + digits[1:])
        if digits.startswith(("9", "7")):
            starts.add("7" + digits)
    condition = Q(pk__in=())
    for start in sorted(starts - {""}):
        condition |= Q(phone__startswith=start)
    return condition
