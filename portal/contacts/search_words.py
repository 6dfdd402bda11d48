"""What of a contact can be searched for, as PostgreSQL's index of words keeps it.

One index holds the contacts of all organisations: each lexeme begins with its organisation's id, so
that a search never reads another organisation's. ``7:anna`` is a word of a name in organisation 7,
``7=3=anna`` the value of its field 3, ``7@3@11-24`` the day of the year of a date.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

_BETWEEN_WORDS = re.compile(r"\W+")
_ISO_DATE = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})")
LONGEST_SEARCH_KEY = 300
# PostgreSQL takes 2,046 bytes; of a longer value the beginning is enough to narrow a search.
_LONGEST_VALUE = 200


def folded(text: str) -> str:
    """Case folded, compatibility forms made plain, ё as е."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def search_key(name: str) -> str:
    """``name`` as lists order it and searches compare it: its words, folded.

    PostgreSQL would take `ip/2` or `vk.com` for one word of a special kind.
    """
    return _BETWEEN_WORDS.sub(" ", folded(name)).strip()[:LONGEST_SEARCH_KEY]


def word_lexeme(organisation_id: int, word: str) -> str:
    """``word``: of a search key, or its beginning."""
    return f"{organisation_id}:{word}"


def value_lexeme(organisation_id: int, field_id: int | str, value: str) -> str:
    """Equality with ``value`` of a field; long ones share the lexeme of their beginning."""
    return f"{organisation_id}={field_id}={' '.join(folded(value).split())[:_LONGEST_VALUE]}"


def day_lexeme(organisation_id: int, field_id: int | str, month: int, day: int | None) -> str:
    """Dates of a field in ``month`` (1 to 12), or on its ``day`` alone, whatever the year."""
    return f"{organisation_id}@{field_id}@{month:02}" + (f"-{day:02}" if day else "")


def lexemes(organisation_id: int, key: str, field_values: Mapping[str, str]) -> str:
    """A tsvector of PostgreSQL in its text form, which may name a lexeme twice. ``key``: a search
    key, with nothing to quote."""
    of_values = [field_lexemes(organisation_id, *value) for value in field_values.items()]
    return " ".join(filter(None, [word_lexemes(organisation_id, key), *of_values]))


def word_lexemes(organisation_id: int, key: str) -> str:
    """Of the words of a search key or of a part of one."""
    return " ".join([f"'{organisation_id}:{word}'" for word in key.split()])


def field_lexemes(organisation_id: int, field_id: str, value: str) -> str:
    """Of a field's value."""
    return " ".join(map(quoted, _of_value(organisation_id, field_id, value)))


def quoted(lexeme: str) -> str:
    """As texts of tsvector and tsquery take it."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _of_value(organisation_id: int, field_id: str, value: str) -> Iterator[str]:
    yield value_lexeme(organisation_id, field_id, value)
    if date := _ISO_DATE.fullmatch(value):
        month, day = map(int, date.groups())
        yield day_lexeme(organisation_id, field_id, month, None)
        yield day_lexeme(organisation_id, field_id, month, day)
