"""XLSX, honest and hostile."""

import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from xml.sax.saxutils import quoteattr

import pytest
from openpyxl import Workbook

from portal.contacts.reading import (
    FaultCode,
    FileFault,
    FileRefused,
    Limits,
    preview,
    recognise,
    rows,
)
from tests.unit.contacts.reading.files import (
    cells,
    read,
    reading_of,
    refusal_of,
    saved,
    workbook_of,
)

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {c} "{f"&{p};" * 10}">' for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + ']><worksheet><sheetData><row><c t="inlineStr"><is><t>&i;</t></is></c></row></sheetData>'
    "</worksheet>"
)


def with_part(source: io.BytesIO, name: str, content: bytes, **entry: int) -> io.BytesIO:
    """The workbook with one of its parts replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(changed, "w") as new:
        for info in old.infolist():
            new.writestr(
                info.filename,
                content if info.filename == name else old.read(info),
                compress_type=entry.get("compress_type", zipfile.ZIP_DEFLATED),
            )
    return changed


def test_cells_of_every_kind_become_texts() -> None:
    book = workbook_of(
        ["Имя", "Телефон", "Дата", "Время", "Дробь", "Да", "Пусто"],
        ["Анна", 79210000000, date(1986, 11, 24), datetime(2000, 1, 1, 10, 5), 0.1, True, None],
        ["Пётр", 79210000000.0, None, None, -12.50, False, "x"],
    )
    assert cells(book, "a.xlsx") == [
        ["Анна", "79210000000", "1986-11-24", "2000-01-01 10:05:00", "0.1", "TRUE", ""],
        ["Пётр", "79210000000", "", "", "-12.5", "FALSE", "x"],
    ]


def test_blank_rows_are_no_rows_and_numbers_are_the_spreadsheets() -> None:
    book = workbook_of(["Имя", "Телефон"], [], ["Анна", 1], [], [], ["Пётр", 2])
    assert [row.number for row in read(book, "a.xlsx")] == [3, 6]


def test_merged_cells_have_their_text_once() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Имя", "Телефон"])
    sheet.append(["Анна", "79210000000"])
    sheet.append([None, "79210000001"])
    sheet.merge_cells("A2:A3")
    assert cells(saved(workbook), "a.xlsx") == [["Анна", "79210000000"], ["", "79210000001"]]


def test_the_first_sheet_with_anything_in_it_is_read_and_others_can_be_chosen() -> None:
    workbook = Workbook()
    workbook.create_sheet("Люди").append(["Анна", 79210000000])
    workbook.create_sheet("Другие").append(["Пётр", 79210000001])
    source = saved(workbook)
    reading = recognise(source, "a.xlsx")
    assert reading.sheet == "Люди"
    assert preview(source, reading).sheets == ["Sheet", "Люди", "Другие"]
    other = reading.from_dict(reading.as_dict() | {"sheet": "Другие"})
    assert [row.cells for row in rows(source, other)] == [["Пётр", "79210000001"]]
    gone = reading.from_dict(reading.as_dict() | {"sheet": "Нет"})
    with pytest.raises(FileRefused) as refused:
        next(rows(source, gone))
    assert refused.value.code is FileFault.NO_SUCH_SHEET


def test_an_empty_workbook_is_refused() -> None:
    assert refusal_of(saved(Workbook()), "a.xlsx") is FileFault.EMPTY


def test_a_bomb_is_refused_by_the_directory_before_anything_is_unpacked() -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _piece in range(60):
            part.write(b" " * 1_000_000)
    tracemalloc.start()
    assert refusal_of(packed, "a.xlsx", Limits(unpacked=50_000_000)) is FileFault.BOMB
    assert refusal_of(packed, "a.xlsx") is FileFault.BOMB  # for its ratio
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_bomb_that_lies_about_its_size_ends_where_it_said() -> None:
    book = workbook_of(["Анна", 79210000000])
    sheet = b"<worksheet><sheetData>" + b"<row/>" * 1_000_000 + b"</sheetData></worksheet>"
    lying = bytearray(with_part(book, "xl/worksheets/sheet1.xml", sheet).getvalue())
    true_size = len(sheet).to_bytes(4, "little")
    place = lying.rindex(true_size)
    lying[place : place + 4] = (100).to_bytes(4, "little")
    assert refusal_of(bytes(lying), "a.xlsx") is FileFault.BROKEN


def test_entities_are_refused() -> None:
    book = with_part(workbook_of(["Анна"]), "xl/worksheets/sheet1.xml", BOMB.encode())
    assert refusal_of(book, "a.xlsx") is FileFault.ENTITIES


def test_methods_that_unpack_without_an_end_are_refused() -> None:
    book = with_part(workbook_of(["Анна"]), "", b"", compress_type=zipfile.ZIP_BZIP2)
    assert refusal_of(book, "a.xlsx") is FileFault.BROKEN


def test_a_directory_of_millions_of_entries_is_refused_unread() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for number in range(20_000):
            package.writestr(f"{number:0>60}", b"")
    assert refusal_of(packed, "a.xlsx") is FileFault.BOMB


def test_a_cell_in_the_last_column_of_every_row_fills_no_memory() -> None:
    sheet = (
        b'<worksheet><sheetData><row><c t="inlineStr"><is><t>A</t></is></c></row>'
        + b'<row><c r="XFD1"><v>1</v></c></row>' * 20_000
        + b"</sheetData></worksheet>"
    )
    book = with_part(workbook_of(["Анна"]), "xl/worksheets/sheet1.xml", sheet)
    source = book
    tracemalloc.start()
    found = sum(1 for row in rows(source, recognise(source, "a.xlsx")) if row.fault)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == 20_000
    assert peak < 20_000_000


def test_an_attribute_of_megabytes_is_refused() -> None:
    sheet = b'<worksheet><sheetData><row x="' + b"x" * 20_000_000 + b'"/></sheetData></worksheet>'
    book = with_part(
        workbook_of(["Анна"]), "xl/worksheets/sheet1.xml", sheet, compress_type=zipfile.ZIP_STORED
    )
    assert refusal_of(book, "a.xlsx") is FileFault.BROKEN


def test_memory_is_flat_over_twenty_thousand_rows() -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Люди")
    for number in range(20_000):
        sheet.append([f"Иванов{number}", "Иван", 79210000000 + number])
    source = saved(book)
    reading = reading_of(source, "a.xlsx")
    tracemalloc.start()
    assert sum(1 for _row in rows(source, reading)) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_opendocument_is_refused_by_name() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert refusal_of(packed, "a.ods") is FileFault.OPEN_DOCUMENT


def sheet_of(content: bytes) -> io.BytesIO:
    """A workbook whose sheet is ``content``, amid rows."""
    sheet = b"<worksheet><sheetData>" + content + b"</sheetData></worksheet>"
    return with_part(workbook_of(["Анна"]), "xl/worksheets/sheet1.xml", sheet)


def incompressible(book: io.BytesIO, mebibytes: int) -> io.BytesIO:
    """So that its ratio is nothing to speak of."""
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("noise", random.Random(0).randbytes(mebibytes * 2**20 // 400))
    return book


def numbered(pattern: str, mebibytes: int) -> bytes:
    count = mebibytes * 2**20 // len(pattern % 0xFFFFF)
    return "".join(pattern % number for number in range(count)).encode()


HOSTILE_MIB = 20
RELATIONSHIPS = "xl/_rels/workbook.xml.rels"


def hostile_parts() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Parts of HOSTILE_MIB each that made many times as much of memory."""
    sheet, mib = "xl/worksheets/sheet1.xml", HOSTILE_MIB
    return {
        "nested": (sheet, lambda: b"<worksheet><sheetData>" + b"<a>" * (mib * 2**20 // 3)),
        "nested cells": (sheet, lambda: b"<worksheet><row>" + b"<c>" * (mib * 2**20 // 3)),
        "names": (sheet, lambda: b"<worksheet>" + numbered("<n%x/>", mib)),
        "attributes": (sheet, lambda: b"<worksheet>" + numbered('<a n%x=""/>', mib)),
        "one wide tag": (sheet, lambda: b"<worksheet " + numbered('n%x="" ', mib) + b"/>"),
        "long names": (sheet, lambda: b"<worksheet>" + numbered("<n%x" + "x" * 9999 + "/>", mib)),
        "styles": ("xl/styles.xml", lambda: styles(b"<xf/>" * (mib * 2**20 // 5))),
        "relationships": (RELATIONSHIPS, lambda: relationships(mib)),
    }


def styles(content: bytes) -> bytes:
    return b"<styleSheet><cellXfs>" + content + b"</cellXfs></styleSheet>"


def relationships(mebibytes: int) -> bytes:
    pattern = '<Relationship Id="%x" Type="a" Target="b"/>'
    return b"<Relationships>" + numbered(pattern, mebibytes) + b"</Relationships>"


@pytest.mark.parametrize("shape", hostile_parts())
def test_no_shape_of_a_part_takes_memory_for_many_times_its_size(shape: str) -> None:
    part, content = hostile_parts()[shape]
    book = incompressible(with_part(workbook_of(["Анна"]), part, content()), HOSTILE_MIB)
    tracemalloc.start()
    assert refusal_of(book, "a.xlsx") in (FileFault.BROKEN, FileFault.BOMB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * 2**20


def test_a_shared_string_named_in_every_cell_makes_no_endless_row() -> None:
    row = b'<row><c t="s"><v>0</v></c></row><row>' + b'<c t="s"><v>1</v></c>' * 300 + b"</row>"
    strings = f"<sst><si><t>Анна</t></si><si><t>{'я' * 30_000}</t></si></sst>"
    source = with_shared_strings(sheet_of(row * 50), strings.encode())
    tracemalloc.start()
    found = [row.fault and row.fault.code for row in read(source, "a.xlsx")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [None, FaultCode.TOO_LONG_ROW] * 50
    assert peak < 40 * 2**20


def with_shared_strings(book: io.BytesIO, content: bytes) -> io.BytesIO:
    with zipfile.ZipFile(book) as package:
        known = package.read(RELATIONSHIPS).decode()
    strings = '<Relationship Id="strings" Type="x/sharedStrings" Target="strings.xml"/>'
    related = known.replace("</Relationships>", strings + "</Relationships>")
    book = with_part(book, RELATIONSHIPS, related.encode())
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("xl/strings.xml", content)
    return book


@pytest.mark.parametrize("numbers", [(2_147_483_648,), (1_048_577,), (0,), (-1,), (5, 5), (5, 4)])
def test_rows_that_are_numbered_as_in_no_sheet_are_refused(numbers: tuple[int, ...]) -> None:
    cell = '<c t="inlineStr"><is><t>Анна</t></is></c>'
    sheet = "".join(f'<row r="{number}">{cell}</row>' for number in numbers).encode()
    assert refusal_of(sheet_of(sheet), "a.xlsx") is FileFault.BROKEN


def test_the_last_row_of_a_sheet_is_read() -> None:
    cell = '<c t="inlineStr"><is><t>Анна</t></is></c>'
    sheet = f'<row>{cell}</row><row r="7">{cell}</row><row r="1048576">{cell}</row>'.encode()
    assert [row.number for row in read(sheet_of(sheet), "a.xlsx")] == [1, 7, 1_048_576]


def styled_by(number_format: str) -> io.BytesIO:
    """A workbook with a number format of any characters that XML has."""
    quoted = "".join(each if each.isprintable() else " " for each in number_format)
    code = quoteattr(quoted)
    styles = f'<styleSheet><numFmt numFmtId="9" formatCode={code}/></styleSheet>'
    return with_part(workbook_of(["Анна"]), "xl/styles.xml", styles.encode("utf-8", "replace"))
