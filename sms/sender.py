"""The form of a sender name (reading 9 of the wire-format page)."""

import re
from enum import StrEnum

from sms.refusal import Refusal

_MAX_LETTERED = 11
_MAX_DIGITS = 15

_RESERVED = re.compile(r"[Ss][Mm][Ss] +[Ii][Nn][Ff][Oo]")
_BAD_CHARACTER = re.compile(r"\A | \Z|[^A-Za-z0-9 ._&+!/-]")
_DIGITS = re.compile(r"[0-9]+")


class SenderFault(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too_long"
    BAD_CHARACTER = "bad_character"
    NO_LETTER = "no_letter"
    RESERVED = "reserved"


class SenderRefused(Refusal):
    """`data`: `character` and `position` (0-based) for BAD_CHARACTER, `limit` for TOO_LONG."""

    subject = "sender name"
    code: SenderFault


def check_sender(value: str) -> str:
    """Returns `value` unchanged, or raises SenderRefused; nothing is trimmed or corrected."""
    if not value:
        raise SenderRefused(SenderFault.EMPTY)
    if match := _BAD_CHARACTER.search(value):
        raise SenderRefused(
            SenderFault.BAD_CHARACTER, character=match.group(), position=match.start()
        )
    digits_only = _DIGITS.fullmatch(value) is not None
    limit = _MAX_DIGITS if digits_only else _MAX_LETTERED
    if len(value) > limit:
        raise SenderRefused(SenderFault.TOO_LONG, limit=limit)
    if not digits_only and not any(character.isalpha() for character in value):
        raise SenderRefused(SenderFault.NO_LETTER)
    if _RESERVED.fullmatch(value):
        raise SenderRefused(SenderFault.RESERVED)
    return value
