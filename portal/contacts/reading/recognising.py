"""Finding out how a file is read, from its beginning."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import BinaryIO

from portal.contacts.reading.csv_rows import csv_rows
from portal.contacts.reading.encodings import encoding_of
from portal.contacts.reading.faults import FileFault, FileRefused
from portal.contacts.reading.files import beginning_of, refuse_by_size
from portal.contacts.reading.headings import header_row_of
from portal.contacts.reading.ways import DEFAULT_LIMITS, DELIMITERS, Format, Limits, Reading, Row
from portal.contacts.reading.xlsx import (
    first_sheet_with_data,
    open_workbook,
    xlsx_rows,
)

_SAMPLE = 50
_EVEN_ENOUGH = 0.8
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
)
_BEGINNING = 4096
_CARD = re.compile(r"\s*BEGIN\s*:\s*VCARD", re.IGNORECASE)
_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def recognise(source: BinaryIO, file_name: str, *, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """How the file is read, as far as can be told from its beginning. ``file_name``: "" for pasted
    text. Raises FileRefused."""
    refuse_by_size(source, limits)
    beginning = source.read(_BEGINNING)
    if beginning.startswith(_ZIP):
        return _xlsx(source, limits)
    _refuse_others(beginning, file_name.lower())
    encoding = encoding_of(source)
    text = beginning.decode(encoding, "replace").removeprefix("\ufeff")
    if _CARD.match(text):
        return Reading(Format.VCARD, encoding)
    return _text(
        beginning_of(source), text, encoding, is_csv=file_name.lower().endswith((".csv", ".tsv"))
    )


def _refuse_others(beginning: bytes, file_name: str) -> None:
    if beginning.startswith(_OLE):
        is_new = file_name.endswith((".xlsx", ".xlsm"))
        raise FileRefused(FileFault.ENCRYPTED if is_new else FileFault.OLD_EXCEL)
    if beginning.startswith(_OTHERS):
        raise FileRefused(FileFault.UNKNOWN_FORMAT)


def _xlsx(source: BinaryIO, limits: Limits) -> Reading:
    """OpenDocument is a zip file too."""
    opened = open_workbook(source, limits=limits)
    sheet = first_sheet_with_data(opened)
    _heading, all_rows = xlsx_rows(opened, sheet=sheet, is_sample=True)
    header_row = header_row_of(list(islice(all_rows, _SAMPLE)))
    return Reading(Format.XLSX, sheet=sheet, header_row=header_row)


def _text(source: BinaryIO, text: str, encoding: str, *, is_csv: bool) -> Reading:
    hint = _HINT.match(text)
    least = 0.0 if is_csv else _EVEN_ENOUGH
    delimiter = hint[1] if hint and hint[1] in DELIMITERS else _delimiter(source, encoding, least)
    if not delimiter and not is_csv:
        return Reading(Format.TEXT, encoding)
    delimiter = delimiter or DELIMITERS[0]
    _heading, all_rows = csv_rows(source, encoding=encoding, delimiter=delimiter)
    header_row = header_row_of(list(islice(all_rows, _SAMPLE)))
    return Reading(Format.CSV, encoding, delimiter, header_row)


def _delimiter(source: BinaryIO, encoding: str, least: float) -> str:
    """By which the first rows have most evenly one number of cells: over ``least`` of them, else
    ""."""
    best, best_share = "", least
    for delimiter in DELIMITERS:
        _heading, all_rows = csv_rows(source, encoding=encoding, delimiter=delimiter)
        share = _evenness(list(islice(all_rows, _SAMPLE)))
        if share > best_share:
            best, best_share = delimiter, share
    return best


def _evenness(sample: Sequence[Row]) -> float:
    """Share of rows that have the usual number of cells, 0 where that is one."""
    widths = Counter(len(row.cells) for row in sample if not row.fault)
    if not widths:
        return 0.0
    width, number = max(widths.items(), key=lambda item: (item[1], item[0]))
    return number / len(sample) if width > 1 else 0.0
