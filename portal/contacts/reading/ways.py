"""How a file is read, within what limits, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import NamedTuple

from portal.contacts.reading.faults import Fault

ENCODINGS = ("utf-8", "windows-1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be")
DELIMITERS = (";", ",", "\t", "|")
MEBIBYTE = 2**20


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    VCARD = "vcard"
    TEXT = "text"


@dataclass(frozen=True)
class Reading:
    """``encoding``: one of ENCODINGS, "" for XLSX. ``delimiter``: one of DELIMITERS, of CSV alone.
    ``header_row``: of CSV and XLSX, the number of the row of headings, 0 for none; rows above
    it are passed over. ``sheet``: the name of a sheet of XLSX."""

    format: Format
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0
    sheet: str = ""

    def as_dict(self) -> dict[str, str | int]:
        """For JSON."""
        return asdict(self) | {"format": self.format.value}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> "Reading":
        """What ``as_dict`` gave, also before rows of headings had numbers."""
        header_row = stored.get("header_row", stored.get("has_header", False))
        return cls(
            format=Format(str(stored["format"])),
            encoding=str(stored["encoding"]),
            delimiter=str(stored["delimiter"]),
            header_row=int(header_row) if isinstance(header_row, int) else 0,
            sheet=str(stored["sheet"]),
        )


@dataclass(frozen=True)
class Limits:
    """``size``: bytes of the file; ``unpacked``: bytes of an XLSX without compression; ``rows``:
    without the header."""

    size: int = 100 * MEBIBYTE
    unpacked: int = 300 * MEBIBYTE
    rows: int = 1_048_576


DEFAULT_LIMITS = Limits()


class Figure(str):
    """A cell that a workbook keeps as a fraction or as a time, and shows in its own way: no text
    that somebody typed."""

    __slots__ = ()


class Row(NamedTuple):
    """``number``: as a spreadsheet numbers it, the header counted. With a ``fault`` the ``cells``
    are what could be read of it."""

    number: int
    cells: list[str]
    fault: Fault | None = None
