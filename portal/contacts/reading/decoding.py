"""Bytes of a text file as blocks of whole lines, with what cannot be decoded marked."""

import codecs
from collections.abc import Iterator
from io import StringIO
from typing import BinaryIO

from portal.contacts.reading.faults import Fault, FaultCode

# Lone surrogates: no decoder makes them of a file's bytes.
_UNDECODABLE = "\udcff"
_CUT = "\udcfe"
_MARKS = {
    "\0": FaultCode.NUL,
    _UNDECODABLE: FaultCode.UNDECODABLE,
    _CUT: FaultCode.TOO_LONG_ROW,
}
# Neither PostgreSQL nor JSON takes these.
_STORABLE = str.maketrans({"\0": "\ufffd", _UNDECODABLE: "\ufffd", _CUT: "…"})
LONGEST_LINE = 100_000
_KEPT_OF_A_LONG_LINE = 1000
_CHUNK = 256 * 1024
_BOM = "\ufeff"


def _marked(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return _UNDECODABLE, error.end


codecs.register_error("portal.undecodable", _marked)


def blocks(source: BinaryIO, encoding: str) -> Iterator[str]:
    """The text from its beginning, without a BOM, in blocks that end where a line ends.

    A line of more than LONGEST_LINE characters is cut to its beginning, without quotes, and a mark:
    memory stays flat whatever the file is.
    """
    rest = ""
    is_skipping = False
    for text in _texts(source, encoding):
        if is_skipping:
            text, is_skipping = _after_line(text)
        text = rest + text
        end = _end_of_lines(text)
        if end:
            yield _without_long_lines(text[:end])
        rest = text[end:]
        if len(rest) > LONGEST_LINE:
            yield _cut(rest)
            rest, is_skipping = "", True
    if rest:
        yield rest


def raw_lines(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Lines as bytes, for formats whose values are encoded each in its own way; UTF-16 as UTF-8,
    which what is marked cannot be decoded from."""
    is_wide = encoding.startswith("utf-16")
    for text in blocks(source, encoding if is_wide else "latin-1"):
        for line in StringIO(text, newline=""):
            yield line.encode(*(("utf-8", "surrogatepass") if is_wide else ("latin-1", "replace")))


def is_marked(text: str) -> bool:
    """Whether ``fault_of`` finds anything."""
    return any(mark in text for mark in _MARKS)


def fault_of(text: str, encoding: str) -> Fault | None:
    """What ``blocks`` has marked in a row's text; NUL counts too."""
    code = next((_MARKS[mark] for mark in _MARKS if mark in text), None)
    if code is FaultCode.UNDECODABLE:
        return Fault(code, data={"encoding": encoding})
    if code is FaultCode.TOO_LONG_ROW:
        return Fault(code, data={"limit": LONGEST_LINE})
    return Fault(code) if code else None


def storable(text: str) -> str:
    """As texts can be kept, with the marks made visible."""
    return text.translate(_STORABLE)


def _texts(source: BinaryIO, encoding: str) -> Iterator[str]:
    source.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("portal.undecodable")
    is_first = True
    while chunk := source.read(_CHUNK):
        text = decoder.decode(chunk)
        if is_first and text:
            text, is_first = text.removeprefix(_BOM), False
        yield text
    yield decoder.decode(b"", final=True)


def _end_of_lines(text: str) -> int:
    """After the last line break; a CR at the very end may be half of one."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


def _after_line(text: str) -> tuple[str, bool]:
    """What follows the first line break, and whether there is none."""
    breaks = [place for place in (text.find("\n"), text.find("\r")) if place >= 0]
    return (text[min(breaks) + 1 :], False) if breaks else ("", True)


def _without_long_lines(text: str) -> str:
    half = LONGEST_LINE // 2
    if all(text.find("\n", start, start + half) >= 0 for start in range(0, len(text) - half, half)):
        return text
    lines = StringIO(text, newline="")
    return "".join(_cut(line) if len(line) > LONGEST_LINE else line for line in lines)


def _cut(line: str) -> str:
    return line[:_KEPT_OF_A_LONG_LINE].replace('"', "") + _CUT + "\n"
