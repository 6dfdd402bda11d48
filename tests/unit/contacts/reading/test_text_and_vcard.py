"""Pasted text, and vCards of phones."""

import codecs
import time

import pytest

from portal.contacts.reading import FaultCode, Format
from tests.unit.contacts.reading.files import cells, read, reading_of


def test_a_person_a_line_is_parted_into_name_and_number_wherever_it_stands() -> None:
    pasted = (
        "Иванов Иван +7 921 000-00-00\n\n8 (921) 000-00-01 - Анна\nПётр: 79210000002\nбез номера\n"
    )
    assert reading_of(pasted, "").format is Format.TEXT
    assert cells(pasted, "") == [
        ["Иванов Иван", "+7 921 000-00-00"],
        ["Анна", "8 (921) 000-00-01"],
        ["Пётр", "79210000002"],
        ["без номера", ""],
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_columns_pasted_from_excel_are_read_as_columns(delimiter: str) -> None:
    pasted = f"79210000000{delimiter}Иван\n79210000001{delimiter}Анна\n"
    assert reading_of(pasted, "").format is Format.CSV
    assert cells(pasted, "") == [["79210000000", "Иван"], ["79210000001", "Анна"]]


def test_several_numbers_of_a_line_stay_together_for_the_doctor_to_name() -> None:
    assert cells("Анна 79210000000, 79210000001 x\nИван 79210000002\n", "") == [
        ["Анна x", "79210000000, 79210000001"],
        ["Иван", "79210000002"],
    ]


def test_an_old_phones_card_is_read_with_its_charset_and_folded_lines() -> None:
    card = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
        b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=D0=BE=\r\n"
        b"=D0=B2;=D0=98=D0=B2=D0=B0=D0=BD;=D0=98=D0=BB=D1=8C=D0=B8=D1=87\r\n"
        b"TEL;WORK;VOICE:84950000000\r\nTEL;CELL:+79210000000\r\nBDAY:19861124\r\nEND:VCARD\r\n"
    )
    assert cells(card, "a.vcf") == [
        ["Иванов", "Иван", "Ильич", "+79210000000", "84950000000", "", "1986-11-24", ""]
    ]


def test_newer_cards_are_read_with_escapes_and_uris() -> None:
    card = (
        "BEGIN:VCARD\nVERSION:4.0\nFN:Анна Смирнова\nitem1.TEL;TYPE=cell:tel:+79210000001\n"
        "NOTE:первая\\nвторая\\, тре\n тья\nORG:Ромашка;Склад\nEND:VCARD\n"
    )
    assert cells(card, "a.vcf") == [
        [
            *("", "Анна Смирнова", "", "+79210000001", ""),
            *("первая\nвторая, третья", "", "Ромашка, Склад"),
        ]
    ]


def test_a_card_that_does_not_end_is_an_error_row_and_the_next_ones_are_read() -> None:
    found = read("BEGIN:VCARD\nFN:А\nBEGIN:VCARD\nFN:Б\nEND:VCARD\nBEGIN:VCARD\n", "a.vcf")
    assert [row.fault.code if row.fault else None for row in found] == [
        FaultCode.BROKEN_CARD,
        None,
        FaultCode.BROKEN_CARD,
    ]
    assert found[1].cells[1] == "Б"


def card_of(name: bytes, parameters: bytes = b"") -> bytes:
    return b"BEGIN:VCARD\nN%b:%b\nTEL:+79210000001\nEND:VCARD\n" % (parameters, name)


@pytest.mark.parametrize(
    "charset", ["utf-8", "windows-1251", "KOI8-R", "cp866", "UTF-16", "utf-16le"]
)
def test_a_card_is_read_in_the_charset_it_names(charset: str) -> None:
    name = b"".join(b"=%02X" % byte for byte in "Ёлкин;Иван".encode(charset))
    parameters = b";CHARSET=%b;ENCODING=QUOTED-PRINTABLE" % charset.encode()
    assert cells(card_of(name, parameters), "a.vcf")[0][:2] == ["Ёлкин", "Иван"]


@pytest.mark.parametrize(
    "charset",
    [b"utf-7", b"punycode", b"idna", b"unicode-escape", b"rot13", b"x" * 99],
)
def test_a_card_in_a_charset_of_no_address_book_is_an_error_row(charset: bytes) -> None:
    parameters = b";CHARSET=" + charset
    assert error_of(card_of("Ёлкин".encode(), parameters)) is FaultCode.BROKEN_CARD
    assert cells(card_of(b"+2AA-abc;", parameters), "a.vcf")[0][0] == "+2AA-abc"


def test_no_charset_takes_the_square_of_a_names_length() -> None:
    begun = time.process_time()
    for charset in (b"punycode", b"idna"):
        read(card_of(b"a" * 1000 + b"-" + b"9a" * 48_000, b";CHARSET=" + charset), "a.vcf")
    assert time.process_time() - begun < 2


def test_halves_of_surrogate_pairs_are_faults_like_other_undecodable_bytes() -> None:
    card = card_of("Ёлкин".encode()).decode().encode("utf-16-le")
    half = card.replace("к".encode("utf-16-le"), b"\x00\xd8")
    assert error_of(codecs.BOM_UTF16_LE + half) is FaultCode.BROKEN_CARD
    assert cells(codecs.BOM_UTF16_LE + card, "a.vcf")[0][0] == "Ёлкин"


def error_of(content: bytes) -> FaultCode | None:
    (row,) = read(content, "a.vcf")
    return row.fault and row.fault.code
