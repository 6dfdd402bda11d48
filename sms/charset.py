"""Which characters windows-1251 cannot carry, and plain ones to offer instead."""

import re
import unicodedata
from dataclasses import dataclass

from sms.segments import Encoding, count

_SENDABLE = frozenset(bytes(range(256)).decode("cp1251", errors="ignore"))

_PLAIN = {
    "₽": "руб.",
    "₸": "тг",
    "₴": "грн",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2212": "-",
    "\u2043": "-",
    "\u2015": "—",
    "\u2044": "/",
    "\u2215": "/",
    "′": "'",
    "″": '"',
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "←": "<-",
    "\u034f": "",
    "\u0300": "",
    "\u0301": "",
}
# What the operator carries and a plain text does without: each makes a Latin text UCS-2.
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚‹›`´", "'"),
        **dict.fromkeys("–—¬", "-"),
        **dict.fromkeys("•·", "*"),
        "…": "...",
        "\u00a0": " ",
        "\u00ad": "",
        "©": "(c)",
        "®": "(R)",
        "™": "(TM)",
        "№": "No.",
        "±": "+/-",
        "¦": "|",
        "µ": "u",
    }
)
# Cyrillic letters that look like Latin ones: a slip of the keyboard within a Latin word.
_LOOKALIKES = str.maketrans("АВЕКМНОРСТХІЈЅаеосрухіјѕ", "ABEKMHOPCTXIJSaeocpyxijs")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
# A letter with the marks that stand on it: Apple systems paste й and ё in two code points.
_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)
# With how many characters such a letter is written; to order thousands takes their square.
_MOST_COMPOSED = 4


@dataclass(frozen=True)
class Unsendable:
    """A character that cannot be sent.

    `character` is one code point, or a letter with its combining marks where together they make a
    sendable letter. `position` is the 0-based code point index in the text, `line` and `column`
    are 1-based. `substitute` is a plain spelling ("" to leave it out), None where there is none.
    """

    character: str
    position: int
    line: int
    column: int
    substitute: str | None

    @property
    def is_symbol(self) -> bool:
        """An emoji or the like: no plain character stands for it, yet words stay whole without."""
        return self.substitute is None and not self.character[0].isalpha()


def is_sendable(text: str) -> bool:
    return _SENDABLE.issuperset(text)


def find_unsendable(text: str) -> tuple[Unsendable, ...]:
    """Every character outside windows-1251, in order; lines are those that `\\n` makes."""
    if is_sendable(text):
        return ()
    found = []
    line, line_start, seen = 1, 0, 0
    for character, position in _unsendable_pieces(text):
        if breaks := text.count("\n", seen, position):
            line += breaks
            line_start = text.rindex("\n", seen, position) + 1
        seen = position
        column = position - line_start + 1
        found.append(Unsendable(character, position, line, column, _substitute_for(character)))
    return tuple(found)


def substitute(text: str) -> str:
    """The text with every plain substitute put in; what has none stays as it is."""
    pieces = []
    end = 0
    for found in find_unsendable(text):
        if found.substitute is not None:
            pieces += [text[end : found.position], found.substitute]
            end = found.position + len(found.character)
    return "".join([*pieces, text[end:]])


def leave_out(text: str) -> str:
    """The text without symbols and what cannot be seen; of an emoji nothing stays."""
    pieces = []
    end = 0
    for found in find_unsendable(text):
        if found.is_symbol or found.substitute == "":
            pieces.append(text[end : found.position])
            end = found.position + len(found.character)
    return "".join([*pieces, text[end:]])


def simplify(text: str) -> str:
    """The text in plain characters, with stray Cyrillic letters of Latin words made Latin, where
    that saves segments; else the text as it is."""
    plain = _WORD.sub(_as_one_script, substitute(text)).translate(_TYPOGRAPHIC)
    simplified = count(plain)
    saves = simplified.segments < count(text).segments
    return plain if saves and simplified.encoding is Encoding.GSM7 else text


def _as_one_script(word: re.Match[str]) -> str:
    """A word of both scripts in Latin letters, where each Cyrillic one has its like."""
    latin = word.group().translate(_LOOKALIKES)
    return latin if _LATIN.search(word.group()) and latin.isascii() else word.group()


def _unsendable_pieces(text: str) -> list[tuple[str, int]]:
    pieces: list[tuple[str, int]] = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if is_sendable(cluster):
            continue
        is_letter = 1 < len(cluster) <= _MOST_COMPOSED
        if is_letter and is_sendable(unicodedata.normalize("NFC", cluster)):
            pieces.append((cluster, match.start()))
            continue
        pieces += [
            (character, match.start() + offset)
            for offset, character in enumerate(cluster)
            if character not in _SENDABLE
        ]
    return pieces


def _substitute_for(character: str) -> str | None:
    if character in _PLAIN:
        return _PLAIN[character]
    if len(character) == 1 and _is_invisible(character):
        return ""
    for candidate in (unicodedata.normalize("NFKC", character), _without_accent(character)):
        plain = "".join(_PLAIN.get(part, part) for part in candidate)
        if plain and not plain.isspace() and is_sendable(plain):
            return plain
    return " " if unicodedata.category(character[0]) == "Zs" else None


def _is_invisible(character: str) -> bool:
    is_variation_selector = "\ufe00" <= character <= "\ufe0f"
    return is_variation_selector or unicodedata.category(character) == "Cf"


def _without_accent(character: str) -> str:
    """`é` as `e`; empty for other scripts, where the mark makes another letter."""
    decomposed = unicodedata.normalize("NFKD", character)
    base = decomposed[0]
    return base if len(decomposed) > 1 and base.isascii() and base.isalpha() else ""
