"""CSV as it is found in offices."""

import tracemalloc

import pytest

from portal.contacts.reading import FaultCode, FileFault, Format, Limits, Reading, rows
from tests.unit.contacts.reading.files import (
    cells,
    file_of,
    read,
    reading_of,
    refusal_of,
)

PEOPLE = "ФИО{0}Телефон\r\nИванов Иван{0}79210000000\r\nПётр Ильин{0}79210000001\r\n"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("windows-1251", "windows-1251"),
        ("koi8-r", "koi8-r"),
        ("cp866", "cp866"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_delimiter_and_header_are_found(encoding: str, found: str, delimiter: str) -> None:
    content = PEOPLE.format(delimiter).encode(encoding)
    assert reading_of(content) == Reading(Format.CSV, found, delimiter, header_row=1)
    assert cells(content) == [["Иванов Иван", "79210000000"], ["Пётр Ильин", "79210000001"]]


@pytest.mark.parametrize("name", ["ИВАНОВ ИВАН", "иванов иван", "Ёлкина Щука", "Yo Ли"])
@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r"])
def test_the_russian_encodings_are_told_apart_in_any_case_of_letters(
    name: str, encoding: str
) -> None:
    content = f"{name} Петрович;79210000000\nСидоров Олег;79210000001\n".encode(encoding)
    assert reading_of(content).encoding == encoding


def test_letters_that_come_late_decide_on_the_encoding_too() -> None:
    content = b"name;phone\n" + b"Ivan;79210000000\n" * 20_000 + "Анна;1\n".encode("windows-1251")
    assert reading_of(content).encoding == "windows-1251"


def test_a_broken_byte_makes_no_other_encoding_of_a_file_and_one_error_row() -> None:
    content = "ФИО;Телефон\nИванов;1\n".encode() + b"\xff;2\n" + "Петрова;3\n".encode()
    (broken,) = [row for row in read(content) if row.fault]
    assert reading_of(content).encoding == "utf-8"
    assert broken.number == 3
    assert broken.fault is not None
    assert broken.fault.code is FaultCode.UNDECODABLE


def test_a_file_without_a_header_keeps_its_first_row() -> None:
    assert cells("Иванов;79210000000\nПетров;79210000001\n") == [
        ["Иванов", "79210000000"],
        ["Петров", "79210000001"],
    ]


def test_excels_own_hint_names_the_delimiter_and_is_no_row() -> None:
    assert cells("sep=,\r\nФИО,Телефон\r\nИванов,1\r\n") == [["Иванов", "1"]]


def test_quotes_hold_delimiters_and_line_breaks() -> None:
    assert cells('name;phone\n"Иванов; ""Ваня""\nИван";1\n') == [['Иванов; "Ваня"\nИван', "1"]]


@pytest.mark.parametrize("lines_after", [3, 60_000])
def test_a_quote_that_is_never_closed_spoils_its_own_row_alone(lines_after: int) -> None:
    content = 'name;phone\nА;1\n"Б;2\n' + "В;3333333333\n" * lines_after
    found = read(content)
    assert [row.number for row in found if row.fault] == [3]
    assert found[1].fault is not None
    assert found[1].fault.code is FaultCode.UNCLOSED_QUOTE
    assert [row.cells for row in found[2:]] == [["В", "3333333333"]] * lines_after


@pytest.mark.parametrize("later", ['"В";3', 'В;"3"', 'В "в";3'])
def test_a_later_rows_quote_does_not_close_it_and_swallow_people(later: str) -> None:
    found = read(f'name;phone\n"А;1\nБ;2\n{later}\nГ;4\n')
    assert [row.cells[0][:1] for row in found] == ["А", "Б", "В", "Г"]
    assert [row.number for row in found if row.fault] == [2]


def test_quotes_that_are_all_unclosed_take_no_hours() -> None:
    found = read("name;phone\n" + 'a";"\n' * 30_000)
    assert len(found) == 30_000
    assert all(row.fault for row in found)


def test_a_nul_spoils_its_own_row_alone() -> None:
    found = read("name;phone\nА\0;1\nБ;2\n")
    assert [row.fault.code if row.fault else None for row in found] == [FaultCode.NUL, None]
    assert "\0" not in "".join(found[0].cells)


@pytest.mark.parametrize(
    ("line", "code"),
    [("А", FaultCode.TOO_FEW_CELLS), ("А;1;more", FaultCode.TOO_MANY_CELLS)],
)
def test_a_row_of_another_number_of_cells_is_an_error_row(line: str, code: FaultCode) -> None:
    bad, good = read(f"name;phone\n{line}\nБ;2\n")
    assert bad.fault is not None
    assert (bad.fault.code, bad.fault.data["expected"]) == (code, 2)
    assert good.fault is None


def test_empty_cells_at_the_end_are_forgiven_and_blank_lines_are_no_rows() -> None:
    assert cells("name;phone;\nА;1;;;\n\n\nБ;2\n") == [["А", "1"], ["Б", "2"]]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    assert [row.number for row in read('name;phone\n"А\nА";1\n\nБ;2\n')] == [2, 4]


def test_a_line_of_megabytes_is_one_error_row_in_flat_memory() -> None:
    content = "name;phone\n" + "x" * 20_000_000 + "\nБ;2\n"
    source = file_of(content)
    reading = Reading(Format.CSV, "utf-8", ";", header_row=1)
    tracemalloc.start()
    found = list(rows(source, reading))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.fault.code if row.fault else None for row in found] == [
        FaultCode.TOO_LONG_ROW,
        None,
    ]
    assert peak < 10_000_000


def test_the_quote_before_a_formula_of_our_own_exports_is_taken_off() -> None:
    assert cells("name;phone\n'=1+1;'+79210000000\n''-x;'x\n") == [
        ["=1+1", "+79210000000"],
        ["'-x", "'x"],
    ]


def test_more_bytes_or_rows_than_the_caps_are_refused() -> None:
    content = b"name;phone\n" + b"a;1\n" * 10
    assert refusal_of(content, limits=Limits(size=20)) is FileFault.TOO_BIG
    assert refusal_of(content, limits=Limits(rows=9)) is FileFault.TOO_MANY_ROWS
    assert len(list(rows(file_of(content), reading_of(content), limits=Limits(rows=10)))) == 10


def test_an_empty_file_is_refused() -> None:
    assert refusal_of(b"") is FileFault.EMPTY


@pytest.mark.parametrize(
    ("beginning", "file_name", "code"),
    [
        (b"%PDF-1.7", "people.pdf", FileFault.UNKNOWN_FORMAT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "people.xls", FileFault.OLD_EXCEL),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "people.xlsx", FileFault.ENCRYPTED),
        (b"PK\x03\x04", "people.xlsx", FileFault.BROKEN),
    ],
)
def test_other_files_are_refused_by_name(beginning: bytes, file_name: str, code: FileFault) -> None:
    assert refusal_of(beginning + b"\x00" * 100, file_name) is code
