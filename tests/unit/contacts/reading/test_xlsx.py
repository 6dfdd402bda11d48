"""XLSX, honest and hostile."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from portal.contacts.reading import FileFault, FileRefused, Limits, preview, recognise, rows
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
    assert refusal_of(book, "a.xlsx") is FileFault.BOMB


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
