"""Exported files: read back unchanged, and nothing in them is a formula."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from portal.contacts.export import xlsx_stream as xlsx
from portal.contacts.export.csv_stream import csv_stream
from portal.contacts.export.xlsx_stream import xlsx_stream
from portal.contacts.reading import Reading, recognise, rows
from portal.contacts.reading.formula_safe import protected, unprotected

HEADING = ["Фамилия", "Имя", "Телефон"]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1", " =1", "  -1"]
# What PostgreSQL can hold.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12),
    st.sampled_from(
        [*FORMULAS, "_x0041_", "_x005F_", '"', ";", "a\r\nb", "\ufffe", " x ", "'", "''"]
    ),
)
FORMULA_LIKE = st.text("=+-@＝＋'\",;|\t\r\n ab", max_size=9)
LIKE_FORMULAS = st.lists(
    st.tuples(FORMULA_LIKE, FORMULA_LIKE, FORMULA_LIKE).filter(any), max_size=4
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS).filter(any), max_size=8)
Made = Callable[[Sequence[Sequence[str]]], Iterator[bytes]]


def as_csv(people: Sequence[Sequence[str]]) -> Iterator[bytes]:
    return csv_stream(HEADING, people, encoding="utf-8-sig")


def as_xlsx(people: Sequence[Sequence[str]]) -> Iterator[bytes]:
    return xlsx_stream(HEADING, people, sheet="Контакты")


def read_back(content: bytes) -> list[list[str]]:
    source = io.BytesIO(content)
    reading = recognise(source, "Контакты.csv")
    assert reading.header_row == 1
    return [row.cells for row in rows(source, reading) if row.fault is None]


@pytest.mark.parametrize("made", [as_csv, as_xlsx])
@given(people=ROWS)
def test_any_cells_come_back_as_they_were(made: Made, people: list[tuple[str, str, str]]) -> None:
    some = [("Иванов", "Иван", "7 921 000-00-00"), *people]
    assert read_back(b"".join(made(some))) == [list(row) for row in some]


@given(cell=st.one_of(TEXTS, FORMULA_LIKE))
def test_quotes_before_formulas_are_the_only_change_and_are_undone(cell: str) -> None:
    assert protected(cell).replace("'", "") == cell.replace("'", "")
    assert unprotected(protected(cell)) == cell


@given(cell=st.text(st.characters(exclude_characters=",;|\t\r\n"), max_size=12))
def test_a_cell_without_separators_has_a_quote_at_most_before_it(cell: str) -> None:
    assert protected(cell) in (cell, "'" + cell)


@pytest.mark.parametrize("written", ["O'Коннор", "'abc'", "а,''б''", "'", "''", "а, '-5'", "x,'y"])
def test_quotes_of_other_peoples_files_stay(written: str) -> None:
    assert unprotected(written) == protected(written) == written


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@given(people=LIKE_FORMULAS)
@example(people=[("a", "x,=cmd|'/c calc'!A0", "")])
@example(people=[("a", "x, =cmd|'/c calc'!A0", ""), ("a", "x;  =1", "")])
@example(people=[("a", "x\n=1;", ""), ("a", 'x,"=1', ""), ("a", "b", 'x;""=1')])
def test_by_no_separator_a_cell_of_a_csv_begins_as_a_formula(
    separator: str, people: list[tuple[str, str, str]]
) -> None:
    text = b"".join(as_csv(people)).decode("utf-8-sig")
    seen = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    assert not [cell for row in seen for cell in row if cell.lstrip(" ")[:1] in set("=+-@＝＋－＠")]


@given(people=LIKE_FORMULAS)
def test_a_csv_of_formulas_comes_back_as_it_was(people: list[tuple[str, str, str]]) -> None:
    some = [("Иванов", "Иван", "7 921 000-00-00"), *people]
    assert read_back(b"".join(as_csv(some))) == [list(row) for row in some]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_csv_begins_as_a_formula(formula: str) -> None:
    text = b"".join(as_csv([(formula, "", "")])).decode("utf-8-sig")
    (cell, *_others) = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1]
    assert cell.startswith("'")
    assert unprotected(cell) == formula


def test_a_csv_has_what_excel_asks_for() -> None:
    assert b"".join(as_csv([])) == "\ufeffФамилия;Имя;Телефон\r\n".encode()


def test_what_windows_1251_lacks_is_spelled_out() -> None:
    content = b"".join(csv_stream(["Имя"], [["Әлия"]], encoding="windows-1251"))
    assert content.decode("windows-1251") == "Имя\r\n\\u04d8лия\r\n"


def test_a_spreadsheet_program_sees_texts_with_excels_own_quote() -> None:
    content = b"".join(as_xlsx([(*FORMULAS[:2], " 79210000000 ")]))
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert sheet.title == "Контакты"
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        HEADING,
        [*FORMULAS[:2], " 79210000000 "],
    ]
    cell = sheet["A2"]
    assert (cell.data_type, cell.number_format, cell.quotePrefix) == ("s", "@", True)


def test_every_part_of_an_xlsx_is_sound_and_its_zip_whole() -> None:
    content = b"".join(as_xlsx([("<&>", '"', "\x01\ufffe")]))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert package.namelist()[0] == "[Content_Types].xml"
    assert read_back(content) == [["<&>", '"', "\x01\ufffe"]]


def test_what_a_sheet_has_no_room_for_goes_on_in_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xlsx, "_MOST_ROWS", 3)
    people = [(str(number), "x", "") for number in range(5)]
    source = io.BytesIO(b"".join(as_xlsx(people)))
    book = load_workbook(source)
    assert book.sheetnames == ["Контакты", "Контакты 2", "Контакты 3"]
    found = []
    for sheet in book.sheetnames:
        reading = Reading.from_dict(recognise(source, "a.xlsx").as_dict() | {"sheet": sheet})
        found += [row.cells[0] for row in rows(source, reading)]
    assert found == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("made", [as_csv, as_xlsx])
def test_a_big_export_is_streamed_in_flat_memory(made: Callable[..., Iterator[bytes]]) -> None:
    people = ((f"Иванов{number}", "Иван", "7 921 000-00-00") for number in range(30_000))
    tracemalloc.start()
    pieces = sum(1 for piece in made(people) if piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pieces > 3
    assert peak < 3_000_000
