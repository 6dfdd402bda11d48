"""Finding contacts by what was typed: a name's words or the start of a number."""

import re
from collections.abc import Collection

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q

from portal.contacts.models import ContactQuerySet, search_key

LONGEST_QUERY = 150
_LETTER = re.compile(r"[^\W\d_]")
_COUNTRIES_OF_SEVEN = frozenset({"RU", "KZ"})


def matching(
    contacts: ContactQuerySet, query: str, *, countries: Collection[str] = ("RU",)
) -> ContactQuerySet:
    """Those whose name has, for every typed word, a word that starts with it (case and ё do not
    matter), or whose number starts with the typed digits in any spelling. A blank query keeps
    all. ``countries``: where a leading 8, or a number without its country code, is understood.
    """
    query = query[:LONGEST_QUERY].replace("\0", "")
    if not query.strip():
        return contacts
    condition = _by_words(search_key(query).split())
    if not _LETTER.search(query):
        condition |= _by_number(query, countries)
    if not condition:
        return contacts.none()
    return contacts.alias(words=SearchVector("search_key", config="simple")).filter(condition)


def _by_words(words: list[str]) -> Q:
    """Words hold letters, digits and underscores alone, so quotes are enough of an escape."""
    if not words:
        return Q()
    prefixes = " & ".join(f"'{word}':*" for word in words)
    return Q(words=SearchQuery(prefixes, search_type="raw", config="simple"))


def _by_number(query: str, countries: Collection[str]) -> Q:
    digits = "".join(re.findall(r"[0-9]", query))
    starts = {digits}
    if "+" not in query and not _COUNTRIES_OF_SEVEN.isdisjoint(countries):
        if digits.startswith("8"):
            starts.add("7" + digits[1:])
        if digits.startswith(("9", "7")):
            starts.add("7" + digits)
    condition = Q()
    for start in sorted(starts - {""}):
        condition |= Q(phone__startswith=start)
    return condition
