"""The operator's format, read (readings 1, 4 and 7 of the wire-format page)."""

import re
import unicodedata

from sms.letter import Letter
from sms.mime import plain_text
from sms.secret import Secret
from sms.text import BREAK, FIELD_NAMES, TextRefused, find_field_like_line, normalise_text
from sms.unreadable import LetterUnreadable, ReadingFault

__all__ = ["LetterUnreadable", "ReadingFault", "read", "read_mail"]

_NAME_BY_FOLD = {name.lower(): name for name in FIELD_NAMES}
_FIELD_LINE = re.compile(r"([^=]*)=(.*)", re.DOTALL)


def read(body: str) -> Letter:
    """Reads a decoded body: the four fields in any order, then the text, normalised.

    Numbers come as written, parted at commas and stripped; who calls checks them, the sender name
    and the text's characters. Raises LetterUnreadable.
    """
    lines = BREAK.split(body.removeprefix("\ufeff"))
    fields, text_from = _read_fields(lines)
    numbers = tuple(piece.strip() for piece in fields["PhoneNumber"].split(",") if piece.strip())
    if not numbers:
        raise LetterUnreadable(ReadingFault.EMPTY_FIELD, field="PhoneNumber")
    return Letter(
        sms_user=fields["SmsUser"],
        password=Secret(fields["Password"]),
        sender=fields["SourceAddress"],
        numbers=numbers,
        text=_read_text(lines, text_from),
    )


def read_mail(raw: bytes) -> Letter:
    """Reads an e-mail as it came over SMTP, dot-unstuffed. Raises LetterUnreadable."""
    return read(plain_text(raw))


def _read_fields(lines: list[str]) -> tuple[dict[str, str], int]:
    """The four values, and the index of the line after the last of them."""
    fields: dict[str, str] = {}
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        name, value = _read_field(line, index + 1, fields)
        if name in fields:
            raise LetterUnreadable(ReadingFault.DOUBLED_FIELD, field=name, line=index + 1)
        fields[name] = _checked_value(name, value)
        if len(fields) == len(FIELD_NAMES):
            return fields, index + 1
    raise _missing(fields)


def _read_field(line: str, number: int, fields: dict[str, str]) -> tuple[str, str]:
    match = _FIELD_LINE.fullmatch(line)
    if match is None:
        raise _missing(fields)
    name = _NAME_BY_FOLD.get(match.group(1).strip().lower())
    if name is None:
        raise LetterUnreadable(ReadingFault.UNKNOWN_FIELD, line=number)
    return name, match.group(2).strip()


def _missing(fields: dict[str, str]) -> LetterUnreadable:
    first_missing = next(name for name in FIELD_NAMES if name not in fields)
    return LetterUnreadable(ReadingFault.MISSING_FIELD, field=first_missing)


def _checked_value(name: str, value: str) -> str:
    if not value:
        raise LetterUnreadable(ReadingFault.EMPTY_FIELD, field=name)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise LetterUnreadable(ReadingFault.CONTROL_CHARACTER, field=name)
    return value


def _read_text(lines: list[str], text_from: int) -> str:
    rest = "\n".join(lines[text_from:])
    if (found := find_field_like_line(rest)) is not None:
        line, field = found
        raise LetterUnreadable(ReadingFault.DOUBLED_FIELD, field=field, line=text_from + line)
    try:
        text = normalise_text(rest)
    except TextRefused as refused:
        raise LetterUnreadable(ReadingFault.BAD_TEXT, fault=refused.code) from None
    if not text:
        raise LetterUnreadable(ReadingFault.NO_TEXT)
    return text
