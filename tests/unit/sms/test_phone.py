import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from sms.phone import (
    PhoneFault,
    PhoneRefused,
    RefusedNumber,
    display,
    normalise,
    read_numbers,
)


def fault_of(raw: str, *countries: str) -> PhoneFault:
    with pytest.raises(PhoneRefused) as caught:
        normalise(raw, countries=countries or ("RU",))
    return caught.value.code


@pytest.mark.parametrize(
    "raw",
    [
        "79210000000",
        "+79210000000",
        "8 (921) 000-00-00",
        "8(921)0000000",
        "+7 921 000-00-00",
        "7-921-000-00-00",
        "9210000000",
        "921 000 00 00",
        "+7\u00a0921\u00a0000\u201100\u201100",
        "+7 921 000–00—00",
        "+7.921.000.00.00",
        "\u202a+79210000000\u202c",
        "  79210000000\n",
    ],
)
def test_every_usual_spelling_is_the_same_number(raw: str) -> None:
    assert normalise(raw) == "79210000000"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("", PhoneFault.EMPTY),
        (" \u00a0\u200b ", PhoneFault.EMPTY),
        ("٧٩٢١٠٠٠٠٠٠٠", PhoneFault.FOREIGN_DIGITS),
        ("7921000000０", PhoneFault.FOREIGN_DIGITS),
        ("7921OOOOOOO", PhoneFault.LETTERS),
        ("7,9E+10", PhoneFault.LETTERS),
        ("+79210000000;ext=5", PhoneFault.EXTENSION),
        ("+79210000000 доб. 5", PhoneFault.EXTENSION),
        ("+7 921 000-00-00 x12", PhoneFault.EXTENSION),
        ("+7 921 +7 921", PhoneFault.DOUBLED),
        ("79210000000 79111234567", PhoneFault.DOUBLED),
        ("7921000000089111234567", PhoneFault.DOUBLED),
        ("7921123456", PhoneFault.TOO_SHORT),
        ("12", PhoneFault.NOT_A_NUMBER),
        ("112", PhoneFault.NOT_A_NUMBER),
        ("12345", PhoneFault.TOO_SHORT),
        ("8 900", PhoneFault.TOO_SHORT),
        ("+7 9", PhoneFault.TOO_SHORT),
        ("900", PhoneFault.NOT_A_NUMBER),
        ("792100000001", PhoneFault.TOO_LONG),
        ("+7 8 921 000-00-00", PhoneFault.TOO_LONG),
        ("1" * 1000, PhoneFault.TOO_LONG),
        ("+", PhoneFault.NOT_A_NUMBER),
        ("-9210000000", PhoneFault.NOT_A_NUMBER),
        ("=79210000000", PhoneFault.NOT_A_NUMBER),
        ("7921*000*0000", PhoneFault.NOT_A_NUMBER),
        ("+375291234567", PhoneFault.COUNTRY_NOT_ALLOWED),
        ("+7 701 234 56 78", PhoneFault.COUNTRY_NOT_ALLOWED),
        ("8 495 123-45-67", PhoneFault.NOT_MOBILE),
        ("8 800 123-45-67", PhoneFault.NOT_MOBILE),
        ("4951234567", PhoneFault.NOT_MOBILE),
        ("812 123-45-67", PhoneFault.NOT_MOBILE),
        ("994501234567", PhoneFault.COUNTRY_NOT_ALLOWED),
        ("+7 930 000-12-34", PhoneFault.INVALID),
        ("+8 921 000-00-00", PhoneFault.INVALID),
        ("00000000000", PhoneFault.INVALID),
    ],
)
def test_a_bad_number_is_refused_for_its_own_reason(raw: str, fault: PhoneFault) -> None:
    assert fault_of(raw) is fault


def test_the_refusal_carries_the_input_trimmed() -> None:
    with pytest.raises(PhoneRefused) as caught:
        normalise(" " + "9" * 100)
    assert caught.value.data == {"raw": "9" * 40}
    assert str(caught.value) == "phone number refused: too_long"


@pytest.mark.parametrize(
    ("raw", "digits", "expected"),
    [
        ("8916123456", 10, 11),
        ("8916123", 7, 11),
        ("+7 916 123-45", 9, 11),
        ("7495123456", 10, 11),
        ("916123456", 9, 10),
        ("891612345678", 12, 11),
        ("+7916123456789", 13, 11),
        ("91612345678", 11, 10),
    ],
)
def test_a_russian_number_is_judged_by_its_length_first(
    raw: str, digits: int, expected: int
) -> None:
    with pytest.raises(PhoneRefused) as caught:
        normalise(raw)
    is_short = digits < expected
    assert caught.value.code is (PhoneFault.TOO_SHORT if is_short else PhoneFault.TOO_LONG)
    assert caught.value.data == {"raw": raw, "digits": digits, "expected": expected}


def test_a_letter_in_a_number_is_named() -> None:
    [refused] = read_numbers("+7 921 00З-00-OO").refused
    assert refused.data["letter"] == "З"


def test_other_countries_are_read_where_they_are_allowed() -> None:
    assert normalise("+375 29 123-45-67", countries=("RU", "BY")) == "375291234567"
    assert normalise("8 701 234 56 78", countries={"KZ"}) == "77012345678"
    assert normalise("84912345678", countries=("RU", "VN")) == "84912345678"
    assert normalise("+1 415 555 0100", countries=("US",)) == "14155550100"


def test_a_bare_ten_digit_number_is_russian_only_where_russia_is_allowed() -> None:
    assert fault_of("9210000000", "BY") is not None


@given(
    st.from_regex(
        r"(\+7|7|8|)[ -]?\(?9[0-9]{2}\)?[ -]?[0-9]{3}-?[0-9]{2}-?[0-9]{2}", fullmatch=True
    )
)
def test_the_quick_road_agrees_with_libphonenumber(raw: str) -> None:
    digits = "7" + "".join(filter(str.isdigit, raw))[-10:]
    number = phonenumbers.parse("+" + digits)
    is_mobile = (
        phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) == PhoneNumberType.MOBILE
    )
    if is_mobile and raw[0] not in " -":
        assert normalise(raw) == digits
    elif not is_mobile:
        with pytest.raises(PhoneRefused):
            normalise(raw)


@given(st.text(alphabet=st.sampled_from("+0123456789 -()78９٧xOО,;=\u00a0\u200b\n"), max_size=40))
def test_whatever_is_accepted_is_plain_digits_and_stays_the_same(raw: str) -> None:
    try:
        number = normalise(raw, countries=("RU", "KZ", "BY"))
    except PhoneRefused:
        return
    assert len(number) <= 15
    assert normalise(number, countries=("RU", "KZ", "BY")) == number
    assert set(number) <= set("0123456789")


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read = read_numbers(text)
    assert len(set(read.numbers)) == len(read.numbers)


@given(st.lists(st.from_regex(r"79[0-24-9][0-9]{8}", fullmatch=True)), st.sampled_from(",;\n\t "))
def test_no_number_of_a_list_is_lost(numbers: list[str], separator: str) -> None:
    read = read_numbers(separator.join(numbers))
    assert read.numbers == tuple(dict.fromkeys(numbers))
    assert len(read.numbers) + read.merged == len(numbers)
    assert not read.refused


def test_one_number_in_three_spellings_is_one_recipient() -> None:
    read = read_numbers("79210000000\n8 (921) 000-00-00; +7 921 000-00-00, 79111234567")
    assert read.numbers == ("79210000000", "79111234567")
    assert read.merged == 2


def test_full_numbers_parted_by_spaces_are_told_apart_and_judged_each() -> None:
    read = read_numbers("79210000000 +79111234567 7921123456")
    assert read.numbers == ("79210000000", "79111234567")
    assert read.refused == (RefusedNumber("7921123456", PhoneFault.TOO_SHORT),)


def test_halves_of_numbers_are_never_guessed_at() -> None:
    read = read_numbers("+7 921 +7 921\n921 000 0000 911 123 4567")
    assert read.numbers == ()
    assert [refused.fault for refused in read.refused] == [PhoneFault.DOUBLED] * 2


def test_bad_numbers_stand_apart_from_good_ones_in_order() -> None:
    read = read_numbers("79210000000\nвася\n\n+79210000001;ext=5\n,\n79111234567")
    assert read.numbers == ("79210000000", "79111234567")
    assert read.refused == (
        RefusedNumber("вася", PhoneFault.LETTERS),
        RefusedNumber("+79210000001;ext=5", PhoneFault.EXTENSION),
    )


@pytest.mark.parametrize(
    ("msisdn", "shown"),
    [
        ("79210000000", "+7 921 000-00-00"),
        ("74951234567", "+7 495 123-45-67"),
        ("375291234567", "+375 29 123-45-67"),
        ("0", "+0"),
    ],
)
def test_a_number_is_shown_in_its_international_spelling(msisdn: str, shown: str) -> None:
    assert display(msisdn) == shown
