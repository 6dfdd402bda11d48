"""Full names as Russian offices write them, taken apart into surname, given name and patronymic."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_PATRONYMIC_ENDINGS = (
    *("ович", "евич", "ьич", "кузьмич", "фомич", "лукич", "саввич", "никитич"),
    *("овна", "евна", "ична", "ovich", "evich", "ovna", "evna", "ichna"),
)
# "Алирза оглы": the patronymic is two words.
_PATRONYMIC_PARTICLES = frozenset({"оглы", "оглу", "улы", "уулу", "кызы", "гызы", "ogly", "kyzy"})
_SURNAME_ENDINGS = (
    *("ов", "ова", "ев", "ева", "ин", "ина", "ын", "ына"),
    *("ский", "ская", "цкий", "цкая", "ской", "цкой", "ный", "ная", "ых", "их"),
    *("енко", "чук", "щук", "дзе", "швили", "ян", "янц"),
    *("ov", "ova", "ev", "eva", "sky", "skiy", "skaya", "enko", "chuk", "dze", "shvili"),
)
# Shorter words are names of their own: Ян, Ин, Ева.
_SHORTEST_SURNAME = 4
_GIVEN_NAMES_LIKE_SURNAMES = frozenset(
    re.findall(
        r"\w+",
        "яков августин валентин вениамин иоаким константин мартин севастьян демьян касьян "
        "емельян лукьян алевтина алина ангелина антонина арина валентина галина дарина "
        "екатерина зарина ирина карина каролина кристина марина мадина мартина нина павлина "
        "полина рина регина руфина сабина устина фаина эвелина эльвина ясмина",
    )
)
_INITIAL = re.compile(r"\w\.")
_PUNCTUATION = ".,;"


class NameParts(NamedTuple):
    """Any may be ""; each is one or more words with single spaces between them."""

    surname: str
    given_name: str
    patronymic: str


def parts_of(full_name: str) -> NameParts:
    """Every word of ``full_name`` is in one part, spelled as it was.

    A patronymic is known by its ending, in "surname given patronymic" and "given patronymic
    surname"; without one a usual ending tells the surname, which else comes first. One word alone
    is a given name unless it ends like a surname.
    """
    words = full_name.split()
    plain = [_plain(word) for word in words]
    if not words:
        return NameParts("", "", "")
    if len(words) > 2 and plain[-1] in _PATRONYMIC_PARTICLES:
        return _with_last_patronymic(words, plain, first=len(words) - 2)
    for place in range(1, len(words)):
        if plain[place].endswith(_PATRONYMIC_ENDINGS):
            return _around_patronymic(words, plain, place)
    if len(words) == 3 and (initials := _by_initials(words)):
        return initials
    return _by_surname(words, plain)


def _plain(word: str) -> str:
    return word.strip(_PUNCTUATION).casefold().replace("ё", "е")


def _around_patronymic(words: Sequence[str], plain: Sequence[str], place: int) -> NameParts:
    if place == len(words) - 1:
        return _with_last_patronymic(words, plain, first=place)
    return _parts(words[place + 1 :], words[:place], words[place : place + 1])


def _with_last_patronymic(words: Sequence[str], plain: Sequence[str], first: int) -> NameParts:
    """``first``: where the patronymic begins, after the given name."""
    if first == 1 and _is_surname(plain[0]):
        return _parts(words[:1], (), words[1:])
    return _parts(words[: first - 1], words[first - 1 : first], words[first:])


def _by_initials(words: Sequence[str]) -> NameParts | None:
    """ "Иванов И. И." and "И. И. Иванов"."""
    is_initial = [bool(_INITIAL.fullmatch(word)) for word in words]
    if is_initial == [False, True, True]:
        return NameParts(*words)
    if is_initial == [True, True, False]:
        return NameParts(words[2], words[0], words[1])
    return None


def _by_surname(words: Sequence[str], plain: Sequence[str]) -> NameParts:
    if len(words) == 1:
        return _parts(words, (), ()) if _is_surname(plain[0]) else _parts((), words, ())
    is_last = not _is_surname(plain[0]) and (
        _is_surname(plain[-1]) or _INITIAL.match(words[0]) is not None
    )
    if is_last:
        return _parts(words[-1:], words[:-1], ())
    return _parts(words[:1], words[1:], ())


def _is_surname(plain: str) -> bool:
    """Whether a word ends as surnames do, and is no given name that happens to."""
    return (
        len(plain) >= _SHORTEST_SURNAME
        and plain.endswith(_SURNAME_ENDINGS)
        and plain not in _GIVEN_NAMES_LIKE_SURNAMES
    )


def _parts(
    surname: Sequence[str], given_name: Sequence[str], patronymic: Sequence[str]
) -> NameParts:
    return NameParts(" ".join(surname), " ".join(given_name), " ".join(patronymic))
