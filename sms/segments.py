"""How many SMS a text takes (3GPP TS 23.038 and 23.040; wire-format page, "Counting segments")."""

from collections.abc import Iterable, Mapping
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


def count(text: str) -> SegmentCount:
    """Counts the SMS that `text` takes; breaks count as the one character `\\n`."""
    forced_by = next((character for character in text if character not in _GSM_WIDTHS), None)
    encoding = Encoding.GSM7 if forced_by is None else Encoding.UCS2
    widths = [_width(character, encoding) for character in text]
    segments, left = _pack(widths, *_ROOM[encoding])
    return SegmentCount(len(text), sum(widths), encoding, segments, left, forced_by)


def _width(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return _GSM_WIDTHS[character]
    return 2 if ord(character) > 0xFFFF else 1


def _pack(widths: Iterable[int], lone: int, part: int) -> tuple[int, int]:
    """Segments and units left; a character two units wide is never split over parts."""
    widths = list(widths)
    total = sum(widths)
    if total <= lone:
        return (1 if total else 0), lone - total
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments, part - used
