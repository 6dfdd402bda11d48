"""The text of an SMS: line breaks made one, and what must not be sent refused.

Readings 4, 5 and 6 of the wire-format page.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from sms.charset import find_unsendable, is_sendable
from sms.refusal import Refusal

FIELD_NAMES = ("SmsUser", "Password", "SourceAddress", "PhoneNumber")

BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_FIELD = re.compile(rf"\s*({'|'.join(name.lower() for name in FIELD_NAMES)})\s*=")
# A field's name with its sign, each of their characters with a space on both sides. To bring marks
# into their order takes the square of their number.
_LONGEST_NAMING = 100
_FIELD_BY_FOLD = {name.lower(): name for name in FIELD_NAMES}
# Every character that compatibility form turns into an equals sign.
_EQUALS = re.compile("[=⁼₌⩴⩵⩶﹦＝]")
# Blank to the eye although Unicode calls them letters or symbols.
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class TextFault(StrEnum):
    EMPTY = "empty"
    CONTROL_CHARACTER = "control_character"
    FIELD_LIKE_LINE = "field_like_line"
    UNSENDABLE = "unsendable"
    LONE_SURROGATE = "lone_surrogate"


class TextRefused(Refusal):
    """`data`: `line`, `column` (both 1-based) and `character` for one bad character; `line` and
    `field` for a field-like line; `found`, a tuple of `Unsendable`, for UNSENDABLE."""

    subject = "text"
    code: TextFault


def normalise_text(raw: str) -> str:
    """Makes every break `\\n` and every tab a space, and takes blank lines off both ends.

    Raises TextRefused (CONTROL_CHARACTER, LONE_SURROGATE) for anything else that does not print.
    """
    text = BREAK.sub("\n", raw).replace("\t", " ")
    _refuse_forbidden(text)
    return strip_blank_lines(text)


def check_text(text: str) -> None:
    """Raises TextRefused unless the normalised `text` can be sent exactly as it is."""
    _refuse_forbidden(text)
    if not any(_is_visible(character) for character in text):
        raise TextRefused(TextFault.EMPTY)
    if (found_field := find_field_like_line(text)) is not None:
        line, field = found_field
        raise TextRefused(TextFault.FIELD_LIKE_LINE, line=line, field=field)
    if not is_sendable(text):
        raise TextRefused(TextFault.UNSENDABLE, found=find_unsendable(text))


def prepare_text(raw: str) -> str:
    """The normalised text, checked. Raises TextRefused."""
    text = normalise_text(raw)
    check_text(text)
    return text


def strip_blank_lines(text: str) -> str:
    """The `\\n`-separated text without the blank lines at its ends."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def find_field_like_line(text: str) -> tuple[int, str] | None:
    """The first line (1-based) that a lenient parser could take for a field, and which field.

    Compared without invisible characters and in compatibility form, since it is unknown how the
    operator's parser treats those.
    """
    if not _EQUALS.search(text):
        return None
    for number, line in enumerate(text.split("\n"), start=1):
        beginning = " ".join(_without_marks(line).split())[:_LONGEST_NAMING]
        folded = unicodedata.normalize("NFKC", beginning).casefold()
        if match := _FIELD.match(folded):
            return number, _FIELD_BY_FOLD[match.group(1)]
    return None


def _refuse_forbidden(text: str) -> None:
    if (match := _FORBIDDEN.search(text)) is None:
        return
    position = match.start()
    is_surrogate = match.group() >= "\ud800"
    raise TextRefused(
        TextFault.LONE_SURROGATE if is_surrogate else TextFault.CONTROL_CHARACTER,
        line=text.count("\n", 0, position) + 1,
        column=position - text.rfind("\n", 0, position),
        character=match.group(),
    )


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    return "".join(character for character in text if not _is_ignorable(character))


@lru_cache(maxsize=4096)
def _is_ignorable(character: str) -> bool:
    if character in _FILLERS:
        return True
    return character != "\n" and unicodedata.category(character) in {"Cf", "Cc", "Cn", "Mn", "Me"}


def _is_visible(character: str) -> bool:
    return not character.isspace() and not _is_ignorable(character)
