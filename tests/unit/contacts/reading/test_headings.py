"""Where the headings of a file are found."""

import io

import pytest

from portal.contacts.reading import Reading, preview
from tests.unit.contacts.reading.files import cells, file_of, reading_of, workbook_of

TITLE = ["Список клиентов на 24.11.2026"]
HEADINGS = ["Город", "ФИО", "Телефон"]
PEOPLE = [["Москва", "Петров Иван", "79210000001"], ["Москва", "Орлова Анна", "79210000002"]]


def test_a_title_above_the_headings_of_a_workbook_is_passed_over() -> None:
    book = workbook_of(TITLE, [], HEADINGS, *PEOPLE)
    reading = reading_of(book, "a.xlsx")
    assert reading.header_row == 3
    assert preview(book, reading).headings == HEADINGS
    assert cells(book, "a.xlsx") == PEOPLE


@pytest.mark.parametrize("above", ["Список клиентов\n\n", "Список;;\n;;\n", "24.11.2026;;\n\n"])
def test_a_title_above_the_headings_of_a_csv_file_is_passed_over(above: str) -> None:
    lines = [";".join(row) for row in [HEADINGS, *PEOPLE]]
    content = above + "\n".join(lines)
    assert reading_of(content).header_row == 3
    assert cells(content) == PEOPLE


def test_people_above_a_word_that_may_be_a_heading_are_not_passed_over() -> None:
    assert reading_of("Анна Орлова;79210000001\nКлиент;79210000002\n").header_row == 0


def test_a_row_chosen_for_the_headings_is_taken_and_those_above_are_not_read() -> None:
    book = workbook_of(*PEOPLE, HEADINGS, *PEOPLE)
    reading = reading_of(book, "a.xlsx")
    chosen = preview(book, Reading(reading.format, sheet=reading.sheet, header_row=3))
    assert (chosen.headings, len(chosen.rows)) == (HEADINGS, 2)


def test_a_reading_kept_before_rows_of_headings_had_numbers_is_the_first_row() -> None:
    kept = reading_of(file_of("ФИО;Телефон\nАнна;1\n")).as_dict()
    kept["has_header"] = kept.pop("header_row") == 1
    assert Reading.from_dict(kept).header_row == 1


def test_headings_of_a_row_beyond_the_end_are_none() -> None:
    source: io.BytesIO = file_of("ФИО;Телефон\nАнна;1\n")
    reading = Reading(reading_of(source).format, "utf-8", ";", header_row=9)
    assert preview(source, reading).headings == []
