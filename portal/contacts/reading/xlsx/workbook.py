"""What a workbook says of all its sheets: their names and parts, number formats, shared strings."""

import posixpath
import re
from array import array
from collections.abc import Sized
from dataclasses import dataclass

from portal.contacts.reading.faults import FileFault, FileRefused
from portal.contacts.reading.ways import MEBIBYTE
from portal.contacts.reading.xlsx.package import Attributes, Package

LONGEST_CELL = 32_767
_MOST_SHARED = 160 * MEBIBYTE
_MOST_STRINGS = 5_000_000
# What is kept of these parts is a few times their bytes. Excel has at most some 65,000 styles.
_LARGEST_BOOK = 8 * MEBIBYTE
_LARGEST_RELATIONSHIPS = MEBIBYTE
_LARGEST_STYLES = 32 * MEBIBYTE
_MOST_SHEETS = 1_000
_MOST_STYLES = 100_000
_MOST_FORMATS = 10_000
_LONGEST_ID = 20
_LONGEST_FORMAT = 1_000
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_THE_FORMAT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_OF_A_DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = range(0xD800, 0xE000)
_GENERAL = re.compile(r"general|standard", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """``part``: its name in the package."""

    name: str
    part: str
    is_hidden: bool


@dataclass(frozen=True)
class Workbook:
    """``dates``: indexes of cell styles that show a number as a date or a time."""

    sheets: list[Sheet]
    counts_from_1904: bool
    dates: frozenset[str]
    strings: "SharedStrings"


def local(name: str) -> str:
    """An element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]


def read_workbook(package: Package) -> Workbook:
    """Raises FileRefused: where the package holds no workbook, OPEN_DOCUMENT, OLD_EXCEL (its binary
    kind) or UNKNOWN_FORMAT."""
    if b"opendocument" in package.mimetype():
        raise FileRefused(FileFault.OPEN_DOCUMENT)
    part = _targets(package, "", "_rels/.rels").of_kind("officeDocument")
    if part is None or part not in package.names:
        raise FileRefused(FileFault.UNKNOWN_FORMAT)
    if part.endswith(".bin"):
        raise FileRefused(FileFault.OLD_EXCEL)
    folder, name = posixpath.split(part)
    targets = _targets(package, folder, f"{folder}/_rels/{name}.rels")
    sheets: list[Sheet] = []
    flags: set[str] = set()

    def start(element: str, attributes: Attributes) -> None:
        if local(element) == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            flags.add("1904")
        if local(element) == "sheet" and (found := _sheet(attributes, targets, package)):
            sheets.append(found)
            _refuse_more_than(_MOST_SHEETS, sheets)

    package.parse_whole(part, start, largest=_LARGEST_BOOK)
    if not sheets:
        raise FileRefused(FileFault.UNKNOWN_FORMAT)
    return Workbook(
        sheets=sheets,
        counts_from_1904="1904" in flags,
        dates=_date_styles(package, targets.of_kind("styles")),
        strings=SharedStrings(package, targets.of_kind("sharedStrings")),
    )


def unescaped(text: str) -> str:
    """Characters that XML has no room for, as Office writes them: _x000D_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: _storable(int(match[1], 16)), text)


def _storable(code: int) -> str:
    """Neither PostgreSQL nor JSON takes a NUL or half a surrogate pair."""
    return "\ufffd" if code == 0 or code in _SURROGATES else chr(code)


class SharedStrings:
    """Texts that cells name by their number. Kept as one piece of memory: as Python's strings a
    hostile file's would be many times its size."""

    def __init__(self, package: Package, part: str | None) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._parts: list[str] = []
        self._length = 0
        self._is_text = False
        self._phonetic = 0
        if part in package.names:
            for _step in package.parse(part, start=self._start, end=self._end, text=self._text):
                size = len(self._bytes) + 8 * len(self._ends)
                if size > _MOST_SHARED or len(self._ends) > _MOST_STRINGS:
                    raise FileRefused(FileFault.BOMB, limit=_MOST_SHARED)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise FileRefused(FileFault.BROKEN)
        start, end = self._ends[number : number + 2]
        return self._bytes[start:end].decode()

    def _start(self, element: str, _attributes: Attributes) -> None:
        name = local(element)
        if name == "si":
            self._parts, self._length = [], 0
        elif name == "rPh":
            self._phonetic += 1
        self._is_text = name == "t" and not self._phonetic

    def _text(self, data: str) -> None:
        if self._is_text and self._length < LONGEST_CELL:
            self._parts.append(data)
            self._length += len(data)

    def _end(self, element: str) -> None:
        name = local(element)
        self._is_text = False
        if name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            text = unescaped("".join(self._parts)[:LONGEST_CELL])
            self._bytes += text.encode()
            self._ends.append(len(self._bytes))


@dataclass(frozen=True)
class _Targets:
    """``by_id``: parts; ``kinds``: the last word of a relationship's type, with a part."""

    by_id: dict[str, str]
    kinds: dict[str, str]

    def of_kind(self, kind: str) -> str | None:
        return self.kinds.get(kind)


def _targets(package: Package, folder: str, part: str) -> _Targets:
    found = _Targets({}, {})

    def start(element: str, attributes: Attributes) -> None:
        if local(element) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, attributes["Target"]))[1:]
            found.by_id[attributes["Id"]] = target.lstrip("/")
            found.kinds.setdefault(attributes["Type"].rpartition("/")[2], target.lstrip("/"))

    package.parse_whole(part, start, largest=_LARGEST_RELATIONSHIPS)
    return found


def _sheet(attributes: Attributes, targets: _Targets, package: Package) -> Sheet | None:
    """None for a chart's sheet or a macro's."""
    ids = [value for name, value in attributes.items() if name.endswith(":id")]
    part = targets.by_id.get(ids[0] if ids else "")
    if part not in package.names or "worksheets" not in part:
        return None
    return Sheet(attributes["name"], part, attributes.get("state", "visible") != "visible")


def _date_styles(package: Package, part: str | None) -> frozenset[str]:
    formats: dict[str, bool] = {str(number): True for number in _BUILT_IN_DATES}
    dates: list[bool] = []
    inside: list[str] = []

    def start(element: str, attributes: Attributes) -> None:
        name = local(element)
        if name in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside[:] = [name]
        elif name == "numFmt" and inside != ["dxfs"]:
            formats[attributes["numFmtId"][:_LONGEST_ID]] = _shows_date(attributes["formatCode"])
            _refuse_more_than(_MOST_FORMATS, formats)
        elif name == "xf" and inside == ["cellXfs"]:
            dates.append(formats.get(attributes.get("numFmtId", "0"), False))
            _refuse_more_than(_MOST_STYLES, dates)

    if part is not None:
        package.parse_whole(part, start, largest=_LARGEST_STYLES)
    return frozenset(str(index) for index, is_date in enumerate(dates) if is_date)


def _refuse_more_than(most: int, kept: Sized) -> None:
    if len(kept) > most:
        raise FileRefused(FileFault.BROKEN)


def _shows_date(code: str) -> bool:
    first = _NOT_THE_FORMAT.sub("", code[:_LONGEST_FORMAT].partition(";")[0])
    return bool(_OF_A_DATE.search(_GENERAL.sub("", first)))
