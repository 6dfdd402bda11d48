"""Texts of cells."""

import unicodedata

from portal.contacts.reading.faults import Fault, FaultCode

_BREAKS = frozenset("\t\r\n")


def cleaned(cell: str) -> str:
    """In one line: single spaces, none at the ends."""
    text = cell.strip()
    # What str.isprintable() refuses has every other kind of space in it.
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def control_fault(text: str) -> Fault | None:
    """Texts with control characters could not be sent; breaks of lines may be in notes."""
    if text.isprintable():
        return None
    is_bad = any(_is_control(character) for character in text)
    return Fault(FaultCode.CONTROL_CHARACTER) if is_bad else None


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in _BREAKS
