"""Finding contacts by what was typed: a name's words or the start of a number."""

import re
from collections.abc import Collection

from django.db.models import Q

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, ContactQuerySet
from portal.contacts.search_words import quoted, search_key, word_lexeme
from portal.core.keyset import KeysetPage, keyset_page

LONGEST_QUERY = 150
MOST_NAMES_WITH_A_NUMBER = 1000
_LETTER = re.compile(r"[^\W\d_]")
_COUNTRIES_OF_SEVEN = frozenset({"RU", "KZ"})


def search_page(
    contacts: ContactQuerySet,
    query: str,
    *,
    organisation: Organisation,
    cursor: str | None = None,
    size: int = 50,
) -> KeysetPage[Contact]:
    """Those of ``contacts`` that ``query`` finds, by name.

    With letters in it: whose name has, for every typed word, a word that starts with it (case and
    ё do not matter). Without: whose number starts with the typed digits in any spelling, or whose
    name has such words (of these the first 1,000). A blank query finds all. A leading 8, or a
    number without its country code, is understood as the organisation's countries have it.
    """
    query = query[:LONGEST_QUERY].replace("\0", "")
    words = search_key(query).split()
    if _LETTER.search(query):
        # PostgreSQL guesses that any beginning of a word is in 2 % of the names, and would walk
        # the whole list for one that is rare.
        named = _with_words(contacts, organisation, words)
        return keyset_page(named, cursor=cursor, size=size, sorts=True)
    if query.strip():
        named_so = _named_by_number(contacts, organisation, words)
        numbered = _by_number(query, organisation.allowed_countries)
        contacts = contacts.filter(numbered | Q(pk__in=named_so))
    return keyset_page(contacts, cursor=cursor, size=size)


def _with_words(
    contacts: ContactQuerySet, organisation: Organisation, words: Collection[str]
) -> ContactQuerySet:
    """``words``: of a search key."""
    words_of_ours = (quoted(word_lexeme(organisation.pk, word)) for word in words)
    prefixes = " & ".join(f"{word}:*" for word in words_of_ours)
    return contacts.filter(lexemes__holds=prefixes)


def _named_by_number(
    contacts: ContactQuerySet, organisation: Organisation, words: Collection[str]
) -> list[int]:
    """Looked up ahead: joined by OR to the number's beginning, it would leave no index to use."""
    if not words:
        return []
    named = _with_words(contacts, organisation, words).values_list("pk", flat=True)
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
