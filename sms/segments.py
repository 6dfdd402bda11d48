"""How many SMS a text takes (3GPP TS 23.038 and 23.040; wire-format page, "Counting segments")."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM_WIDTHS: Mapping[str, int] = {
    **dict.fromkeys(_GSM_BASIC, 1),
    **dict.fromkeys(_GSM_EXTENDED, 2),
}
_NOT_GSM = re.compile(f"[^{re.escape(''.join(_GSM_WIDTHS))}]")


class Encoding(StrEnum):
    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True)
class SegmentCount:
    """The size of a text.

    `characters` are code points, `units` septets or UTF-16 code units, `segments` SMS (0 for an
    empty text), `left` the units that still fit before another SMS starts, `forced_by` the first
    character that the GSM alphabet lacks.
    """

    characters: int
    units: int
    encoding: Encoding
    segments: int
    left: int
    forced_by: str | None


# Units in a lone SMS, and in each part of a longer one, where a header takes room.
_ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
# Characters two units wide.
_WIDE = {
    Encoding.GSM7: re.compile(f"[{re.escape(''.join(_GSM_EXTENDED))}]"),
    Encoding.UCS2: re.compile("[\U00010000-\U0010ffff]"),
}


def count(text: str) -> SegmentCount:
    """Counts the SMS that `text` takes; breaks count as the one character `\\n`."""
    foreign = _NOT_GSM.search(text)
    encoding = Encoding.UCS2 if foreign else Encoding.GSM7
    lone, part = _ROOM[encoding]
    units = len(text)
    if _WIDE[encoding].search(text):
        widths = [_width(character, encoding) for character in text]
        units = sum(widths)
        segments, left = _pack(widths, units, lone, part)
    else:
        segments, left = _pack_narrow(units, lone, part)
    return SegmentCount(
        len(text), units, encoding, segments, left, foreign.group() if foreign else None
    )


def _width(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return _GSM_WIDTHS[character]
    return 2 if ord(character) > 0xFFFF else 1


def _pack_narrow(units: int, lone: int, part: int) -> tuple[int, int]:
    """Segments and units left, where every character is one unit wide."""
    if units <= lone:
        return (1 if units else 0), lone - units
    segments = -(-units // part)
    return segments, segments * part - units


def _pack(widths: Sequence[int], total: int, lone: int, part: int) -> tuple[int, int]:
    """The same where a character may be two units wide: it is never split over parts."""
    if total <= lone:
        return 1, lone - total
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments, part - used
