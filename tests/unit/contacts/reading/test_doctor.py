"""What a row says of a person, and what keeps it from being imported."""

import pytest

from portal.contacts.models import contact, field, stop_list
from portal.contacts.reading import Bad, Fault, FaultCode, Healthy, Repair, limits
from tests.unit.contacts.reading.files import doctor


def healthy(examined: Healthy | Bad | None) -> Healthy:
    assert isinstance(examined, Healthy), examined
    return examined


def faults(examined: Healthy | Bad | None) -> list[tuple[FaultCode, int | None]]:
    assert isinstance(examined, Bad), examined
    return [(fault.code, fault.column) for fault in examined.faults]


def phone_of(cell: str, *countries: str) -> tuple[str, tuple[Repair, ...]]:
    found = healthy(doctor("phone", countries=countries or ("RU",)).examine([cell]))
    return found.phone, found.repairs


def phone_fault(cell: str, *countries: str) -> Fault:
    examined = doctor("phone", countries=countries or ("RU",)).examine([cell])
    assert isinstance(examined, Bad), examined
    return examined.faults[0]


def test_a_whole_row_is_a_contact_with_all_that_the_database_derives() -> None:
    examine = doctor("name", "phone", "field:1", "field:2", "field:3", "note", "").examine
    cells = [" Иванов  Иван Ильич ", "79210000000", "Тверь", "24.11.1986", "1 200,50", " x ", "?"]
    assert examine(cells) == Healthy(
        surname="Иванов",
        given_name="Иван",
        patronymic="Ильич",
        name="Иванов Иван Ильич",
        search_key="иванов иван ильич",
        lexemes="'7:иванов' '7:иван' '7:ильич' '7=1=тверь' '7=2=1986-11-24' "
        "'7@2@11' '7@2@11-24' '7=3=1200.5'",
        phone="79210000000",
        note="x",
        reason="",
        field_values={"1": "Тверь", "2": "1986-11-24", "3": "1200.5"},
        repairs=(),
    )


@pytest.mark.parametrize(
    ("cell", "repairs"),
    [
        ("79210000000", ()),
        ("+7 (921) 000-00-00", ()),
        ("'79210000000", ()),
        ("8 (921) 000-00-00", (Repair.LEADING_EIGHT,)),
        ("9210000000", (Repair.TEN_DIGITS,)),
        ("79210000000.0", (Repair.EXCEL_FLOAT,)),
        ("89210000000,00", (Repair.EXCEL_FLOAT, Repair.LEADING_EIGHT)),
        ("7.9210000000E+10", (Repair.EXCEL_EXPONENT,)),
        ("7,9210000000E+10", (Repair.EXCEL_EXPONENT,)),
        ("\u200e+7 921 000\u00ad00-00\ufeff", (Repair.INVISIBLE,)),
    ],
)
def test_a_number_is_read_in_spite_of_its_spelling_and_the_repair_is_named(
    cell: str, repairs: tuple[Repair, ...]
) -> None:
    assert phone_of(cell) == ("79210000000", repairs)


def test_a_foreign_number_without_its_plus_is_a_named_repair() -> None:
    assert phone_of("375291234567", "RU", "BY") == ("375291234567", (Repair.LOST_PLUS,))
    assert phone_of("+375291234567", "RU", "BY") == ("375291234567", ())


@pytest.mark.parametrize("cell", ["7,9E+10", "7.921E+10", "7,92100E+10", "8E10"])
def test_digits_that_excel_has_lost_are_no_number(cell: str) -> None:
    assert phone_fault(cell) == Fault(FaultCode.EXCEL_LOST_DIGITS, 0, {"raw": cell})


def test_a_start_that_excel_has_lost_is_named() -> None:
    assert phone_fault("291234567", "BY") == Fault(
        FaultCode.EXCEL_LOST_START, 0, {"raw": "291234567"}
    )


@pytest.mark.parametrize(
    "cell", ["79210000000, 79210000001", "89210000000/89210000001", "79210000000 79210000001"]
)
def test_several_numbers_of_a_cell_are_a_fault_that_names_them(cell: str) -> None:
    assert phone_fault(cell).code is FaultCode.SEVERAL_PHONES


def test_a_number_that_is_none_keeps_the_cores_reason() -> None:
    fault = phone_fault("7921OOOOOOO")
    assert fault.code is FaultCode.PHONE
    assert fault.data["phone_fault"] == "letters"


def test_every_fault_of_a_row_is_told_with_its_column() -> None:
    examine = doctor("phone", "surname", "field:2", "field:3", "field:1", "note").examine
    cells = ["12", "x" * 81, "31.02.2000", "many", "y" * 301, "z\x01"]
    assert faults(examine(cells)) == [
        (FaultCode.PHONE, 0),
        (FaultCode.TOO_LONG, 1),
        (FaultCode.CONTROL_CHARACTER, 5),
        (FaultCode.TOO_LONG, 4),
        (FaultCode.NOT_A_DATE, 2),
        (FaultCode.NOT_A_NUMBER, 3),
    ]


@pytest.mark.parametrize("error", ["#N/A", "#Н/Д", "#REF!", "#ЗНАЧ! "])
def test_an_error_of_a_formula_is_a_fault_where_the_column_counts(error: str) -> None:
    assert faults(doctor("phone", "name").examine([error, "Анна"])) == [(FaultCode.CELL_ERROR, 0)]
    assert healthy(doctor("", "name").examine([error, "Анна"])).given_name == "Анна"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1986-11-24", "1986-11-24"),
        ("1986-11-24 00:00:00", "1986-11-24"),
        ("24.11.1986", "1986-11-24"),
        ("4.1.1986", "1986-01-04"),
        ("24/11/1986", "1986-11-24"),
        ("31740", "1986-11-24"),
        ("31740.5", "1986-11-24"),
    ],
)
def test_dates_are_read_in_every_usual_spelling(cell: str, value: str) -> None:
    assert healthy(doctor("name", "field:2").examine(["А", cell])).field_values == {"2": value}


@pytest.mark.parametrize("cell", ["1986", "24.11.86", "0001-01-01", "завтра", "11/24/1986"])
def test_what_may_be_another_date_is_a_fault(cell: str) -> None:
    assert faults(doctor("name", "field:2").examine(["А", cell])) == [(FaultCode.NOT_A_DATE, 1)]


def test_a_blank_row_is_passed_over_and_one_without_name_and_number_is_a_fault() -> None:
    examine = doctor("name", "phone", "note", "").examine
    assert examine(["", " ", "", ""]) is None
    assert faults(examine(["", "", "", "anna@example.org"])) == [(FaultCode.NOBODY, None)]


def test_a_stop_list_needs_numbers_alone() -> None:
    examine = doctor("phone", "reason", needs_phone=True).examine
    assert healthy(examine(["79210000000", "просил"])).reason == "просил"
    assert faults(examine(["", "просил"])) == [(FaultCode.NO_PHONE, None)]


def test_a_full_name_counts_where_a_row_has_no_parts() -> None:
    examine = doctor("name", "surname").examine
    assert healthy(examine(["Иванов Иван", ""])).surname == "Иванов"
    assert healthy(examine(["Иванов Иван", "Петров"])).name == "Петров"


def test_texts_may_be_as_long_as_the_databases_columns() -> None:
    assert limits.LONGEST_NAME == contact.LONGEST_NAME
    assert limits.LONGEST_NAME_PART == contact.LONGEST_NAME_PART
    assert limits.LONGEST_NOTE == contact.LONGEST_NOTE
    assert limits.LONGEST_VALUE == field.LONGEST_VALUE
    reason = stop_list.StopListEntry._meta.get_field("reason")
    assert reason.max_length == limits.LONGEST_REASON


def test_faults_survive_being_stored() -> None:
    fault = Fault(FaultCode.TOO_LONG, 3, {"limit": 80})
    assert Fault.from_dict(fault.as_dict()) == fault
