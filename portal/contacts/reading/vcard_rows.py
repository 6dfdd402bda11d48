"""vCards 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350) as rows of VCARD_HEADINGS, card by card."""

import binascii
import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

from portal.contacts.reading.decoding import raw_lines
from portal.contacts.reading.faults import Fault, FaultCode
from portal.contacts.reading.ways import Row

VCARD_HEADINGS = (
    *("Surname", "Given name", "Patronymic", "Phone", "More phones", "Note"),
    *("Birthday", "Organisation"),
)
_LONGEST_CARD = 200_000
_MOBILE = ("CELL", "MOBILE", "IPHONE")
_UNESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BASIC_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T.*)?")
# What address books write. Python has others, of which some take the square of a value's length,
# and UTF-7 makes halves of surrogate pairs.
_CHARSETS = {
    **{"UTF-8": "utf-8", "UTF8": "utf-8", "UTF-16": "utf-16"},
    **{"UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"},
    **{"WINDOWS-1251": "windows-1251", "CP1251": "windows-1251", "KOI8-R": "koi8-r"},
    **{"CP866": "cp866", "IBM866": "cp866"},
    **{"ISO-8859-1": "latin-1", "LATIN1": "latin-1", "WINDOWS-1252": "windows-1252"},
}
_STORABLE = str.maketrans({"\0": "\ufffd"})


@dataclass(frozen=True)
class _Property:
    """``parameters``: upper case, as ``TYPE=CELL`` or (2.1) ``CELL``."""

    name: str
    parameters: tuple[str, ...]
    value: bytes

    def parameter(self, name: str) -> str:
        start = name + "="
        found = (each.removeprefix(start) for each in self.parameters if each.startswith(start))
        return next(found, "")

    def is_quoted(self) -> bool:
        return any(each.endswith("QUOTED-PRINTABLE") for each in self.parameters)

    def text(self, encoding: str) -> str:
        """Raises ValueError where the bytes are not what they are said to be, or are more than
        ASCII and of a charset that is not known."""
        value = quopri.decodestring(self.value) if self.is_quoted() else self.value
        if self.parameter("ENCODING") in ("B", "BASE64"):
            value = binascii.a2b_base64(value)
        charset = self.parameter("CHARSET").strip('"')
        return value.decode(_CHARSETS.get(charset, "ascii") if charset else encoding)


def vcard_rows(source: BinaryIO, *, encoding: str) -> Iterator[Row]:
    """``number`` is the card's place in the file. ``encoding``: of values that do not name theirs.

    A card that does not end, or whose values cannot be decoded, is an error row.
    """
    if encoding.startswith("utf-16"):
        return _rows(raw_lines(source, encoding), "utf-8")
    return _rows(raw_lines(source, encoding), encoding)


def _rows(lines: Iterator[bytes], encoding: str) -> Iterator[Row]:
    numbers = count(1)
    card: list[bytes] | None = None
    size = 0
    for line in lines:
        word = line.strip().upper().replace(b" ", b"").removeprefix(codecs.BOM_UTF8)
        if word == b"BEGIN:VCARD":
            if card is not None:
                yield _broken(next(numbers))
            card, size = [], 0
        elif word == b"END:VCARD" and card is not None:
            yield _row(next(numbers), card, encoding)
            card = None
        elif card is not None and size < _LONGEST_CARD:
            card.append(line)
            size += len(line)
    if card is not None:
        yield _broken(next(numbers))


def _broken(number: int) -> Row:
    return Row(number, [""] * len(VCARD_HEADINGS), Fault(FaultCode.BROKEN_CARD))


def _row(number: int, lines: list[bytes], encoding: str) -> Row:
    try:
        cells = _cells([_property(line) for line in _unfolded(lines) if b":" in line], encoding)
    except ValueError:
        return _broken(number)
    return Row(number, [cell.translate(_STORABLE).strip() for cell in cells])


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """A line that begins with a space goes on the one before; so does one after a quoted-printable
    line that ends with ``=`` (2.1)."""
    whole: list[bytes] = []
    for line in lines:
        line = line.rstrip(b"\r\n")
        if whole and line[:1] in (b" ", b"\t"):
            whole[-1] += line[1:]
        elif whole and whole[-1].endswith(b"=") and b"QUOTED-PRINTABLE" in whole[-1].upper():
            whole[-1] = whole[-1][:-1] + line
        else:
            whole.append(line)
    return whole


def _property(line: bytes) -> _Property:
    head, _colon, value = line.partition(b":")
    name, *parameters = head.decode("ascii", "replace").upper().split(";")
    return _Property(name.rpartition(".")[2].strip(), tuple(parameters), value)


def _cells(properties: list[_Property], encoding: str) -> list[str]:
    texts: dict[str, str] = {}
    phones: dict[str, str] = {}
    for each in properties:
        if each.name == "TEL":
            phones[each.text(encoding).strip().removeprefix("tel:")] = " ".join(each.parameters)
        elif each.name in ("N", "FN", "NOTE", "BDAY", "ORG"):
            texts.setdefault(each.name, each.text(encoding))
    surname, given, patronymic = _name(texts)
    ordered = sorted(filter(None, phones), key=lambda phone: not _is_mobile(phones[phone]))
    birthday = _BASIC_DATE.fullmatch(texts.get("BDAY", "").strip())
    return [
        *(surname, given, patronymic),
        *(ordered[0] if ordered else "", ", ".join(ordered[1:])),
        _plain(texts.get("NOTE", "")),
        "-".join(birthday.groups()) if birthday else texts.get("BDAY", ""),
        ", ".join(filter(None, _components(texts.get("ORG", "")))),
    ]


def _name(texts: dict[str, str]) -> tuple[str, str, str]:
    """The full name goes whole into the given name where there are no parts."""
    parts = [*_components(texts.get("N", "")), "", "", ""][:3]
    if any(parts):
        return parts[0], parts[1], parts[2]
    return "", _plain(texts.get("FN", "")), ""


def _is_mobile(parameters: str) -> bool:
    return any(word in parameters for word in _MOBILE)


def _components(value: str) -> list[str]:
    return [_plain(part).strip() for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return _UNESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
