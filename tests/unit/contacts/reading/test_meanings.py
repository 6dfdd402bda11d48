"""What columns are taken for."""

import pytest

from portal.contacts.reading import OwnField, fold_heading, guess_meanings

PARTS = ["surname", "given_name", "patronymic"]
FIELDS = [OwnField(3, "Город", "text"), OwnField(4, "День рождения", "date")]


@pytest.mark.parametrize(
    ("headings", "meanings"),
    [
        (["ФИО", "Телефон"], ["name", "phone"]),
        (["Ф.И.О.", "Моб. телефон"], ["name", "phone"]),
        (
            ["Фамилия", "Имя", "Отчество", "Мобильный"],
            [*PARTS, "phone"],
        ),
        (["Last Name", "First Name", "Phone"], ["surname", "given_name", "phone"]),
        (["E-mail", "ИМЯ", "телефон", "Примечание"], ["", "given_name", "phone", "note"]),
        (["город", "Дата рождения", "Телефон"], ["field:3", "field:4", "phone"]),
        (["Телефон", "Телефон"], ["phone", ""]),
    ],
)
def test_headings_in_russian_and_english_say_what_columns_are(
    headings: list[str], meanings: list[str]
) -> None:
    assert guess_meanings(headings, [], FIELDS, {}) == meanings


def test_what_was_chosen_before_comes_before_guesses() -> None:
    remembered = {fold_heading("Тел.  Клиента"): "phone", fold_heading("Телефон"): ""}
    headings = ["Телефон", "тел клиента"]
    assert guess_meanings(headings, [["79210000000", "x"]], [], remembered) == ["", "phone"]


def test_a_field_that_was_deleted_since_is_not_remembered() -> None:
    assert guess_meanings(["Город"], [], [], {"город": "field:3"}) == [""]


def test_a_field_called_as_a_part_of_a_contact_gets_the_second_such_column() -> None:
    fields = [OwnField(5, "Телефон", "text")]
    assert guess_meanings(["Телефон", "Телефон"], [], fields, {}) == ["phone", "field:5"]


@pytest.mark.parametrize(
    ("row", "meanings"),
    [
        (["Иванов Иван", "8 921 000-00-00"], ["name", "phone"]),
        (["79210000000", "Анна"], ["phone", "name"]),
        (
            ["1", "Иванов", "Иван", "Ильич", "7,9E+10"],
            ["", *PARTS, "phone"],
        ),
    ],
)
def test_without_a_header_the_cells_themselves_say(row: list[str], meanings: list[str]) -> None:
    assert guess_meanings([], [row, row], FIELDS, {}) == meanings


def test_a_stop_list_has_reasons_for_notes_and_no_names() -> None:
    headings = ["ФИО", "Телефон", "Комментарий"]
    assert guess_meanings(headings, [], [], {}, wants_reason=True) == ["", "phone", "reason"]


def test_towns_that_repeat_are_no_names_where_names_stand_beside_them() -> None:
    rows = [["Москва", "Анна"], ["Москва", "Пётр"], ["Псков", "Ольга"], ["Псков", "Олег"]]
    assert guess_meanings([], rows, [], {}) == ["", "name"]
