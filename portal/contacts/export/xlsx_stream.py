"""Rows as XLSX (ECMA-376), streamed.

openpyxl and XlsxWriter need a file that can be sought in, and have the whole sheet on disk before
its first byte goes out. A sheet of texts is little XML; the zip format itself can be streamed.
"""

import io
import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ROWS_AT_ONCE = 500
# Excel's own limit, and below what a zip entry without ZIP64 may have: Excel reads no streamed one.
_MOST_ROWS = 1_048_576
_MOST_BYTES = 1_900_000_000
# Excel's first day whose number is sure: it counts 29 February 1900, which never was.
_FIRST_DAY, _DAY_ZERO = date(1900, 3, 1), date(1899, 12, 30)
_PLAIN = re.compile(r"[^&<>_\x00-\x1f\ufffe\uffff]*")
_SPECIAL = re.compile(r"[&<>]|[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PACKAGE_TYPE = "application/vnd.openxmlformats-package"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_START = (
    f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    '</sheetViews><sheetFormatPr defaultRowHeight="15"/>'
    '<cols><col min="1" max="300" width="20" customWidth="1"/></cols><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"
# Style 1 is text (format 49) with Excel's own quote before it, so that no cell becomes a formula,
# not even when somebody edits it. Style 2 is the same in bold, style 3 a day.
_STYLES = (
    f'{_DECLARATION}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" '
    'applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1" '
    'applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def xlsx_stream(
    heading: Sequence[str], rows: Iterable[Sequence[str | date]], *, sheet: str
) -> Iterator[bytes]:
    """All cells are texts but for days. ``sheet``: its name, at most 25 characters; what Excel has
    no room for goes on in further sheets, each under the heading."""
    sink = _Sink()
    every = iter(rows)
    sheets = 0
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _first_parts():
            package.writestr(name, content)
        is_over = False
        while not is_over:
            sheets += 1
            with package.open(f"xl/worksheets/sheet{sheets}.xml", "w") as part:
                is_over = yield from _sheet(part, sink, heading, every)
        for name, content in _workbook_parts(sheet, sheets):
            package.writestr(name, content)
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the zip file is written, and taken from piece by piece. It cannot be sought in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: "ReadableBuffer") -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _sheet(
    part: IO[bytes], sink: _Sink, heading: Sequence[str], rows: Iterator[Sequence[str | date]]
) -> Generator[bytes, None, bool]:
    """Writes rows while the sheet has room; returns whether there are no more."""
    size = part.write((_SHEET_START + _row(heading, style=2)).encode())
    room = _MOST_ROWS - 1
    while some := list(islice(rows, min(_ROWS_AT_ONCE, room))):
        size += part.write("".join([_row(row, style=1) for row in some]).encode())
        room -= len(some)
        if piece := sink.taken():
            yield piece
        if not room or size > _MOST_BYTES:
            break
    part.write(_SHEET_END.encode())
    return bool(room) and size <= _MOST_BYTES


def _row(cells: Sequence[str | date], *, style: int) -> str:
    return f"<row>{''.join([_cell(cell, style) for cell in cells])}</row>"


def _cell(text: str | date, style: int) -> str:
    """Without its address: the cells of a row follow each other."""
    if isinstance(text, date):
        if text >= _FIRST_DAY:
            return f'<c s="3"><v>{(text - _DAY_ZERO).days}</v></c>'
        text = f"{text:%d.%m.%Y}"
    if not text:
        return "<c/>"
    if not _PLAIN.fullmatch(text):
        text = _SPECIAL.sub(_escaped, text)
    space = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() else ""
    return f'<c t="inlineStr" s="{style}"><is><t{space}>{text}</t></is></c>'


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return _ENTITIES.get(character) or f"_x{ord(character):04X}_"


def _first_parts() -> Iterator[tuple[str, str]]:
    """What does not depend on the number of sheets: those are the parts of the default type."""
    yield (
        "[Content_Types].xml",
        f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_PACKAGE_TYPE}.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    )
    yield "_rels/.rels", _relationships((f"{_OFFICE}/officeDocument", "xl/workbook.xml"))
    yield "xl/styles.xml", _STYLES


def _workbook_parts(sheet: str, sheets: int) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    names = {n: _attribute(sheet if n == 1 else f"{sheet} {n}") for n in numbers}
    yield (
        "xl/workbook.xml",
        f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{names[n]}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
    )
    worksheets = ((f"{_OFFICE}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    yield (
        "xl/_rels/workbook.xml.rels",
        _relationships(*worksheets, (f"{_OFFICE}/styles", "styles.xml")),
    )


def _relationships(*targets: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _attribute(text: str) -> str:
    """A sheet's name: without the characters that Excel keeps out of it."""
    plain = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", " ", text)[:31]
    return _SPECIAL.sub(_escaped, plain).replace('"', "&quot;")
