import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.letter import Letter, TransferEncoding, write
from sms.reader import LetterUnreadable, ReadingFault, read, read_mail
from tests.unit.sms.examples import GOLDEN, GOLDEN_BODY, LETTERS, email_of

FIELDS = ["SmsUser=acme", "Password=s3cret", "SourceAddress=ACME"]
PHONES = "PhoneNumber=79210000000,79111234567"
BODY = "\n".join([*FIELDS, PHONES, "Привет, мир!"])


def refusal(body: str) -> LetterUnreadable:
    with pytest.raises(LetterUnreadable) as caught:
        read(body)
    assert "s3cret" not in f"{caught.value}{caught.value.data}"
    return caught.value


@given(LETTERS)
def test_what_was_written_is_read_back(letter: Letter) -> None:
    assert read(write(letter).decode("cp1251")) == letter


@given(LETTERS, st.sampled_from(TransferEncoding))
def test_an_email_is_read_back(letter: Letter, encoding: TransferEncoding) -> None:
    assert read_mail(email_of(letter, encoding)) == letter


@given(st.permutations([*FIELDS, PHONES]), st.sampled_from(["\r\n", "\n", "\r"]), st.integers(0, 3))
def test_fields_are_read_in_any_order_with_blank_lines_between(
    fields: list[str], brk: str, blank: int
) -> None:
    separator = brk * (blank + 1)
    assert read(separator + separator.join([*fields, GOLDEN.text]) + separator) == GOLDEN


def test_case_and_spaces_around_the_sign_do_not_matter() -> None:
    body = BODY.replace("SmsUser=", "\ufeff  smsUSER \u00a0=  ").replace(
        "Password=", "PASSWORD =\t"
    )
    assert read(body.replace(",", " , ", 1)) == GOLDEN


def test_a_value_may_hold_an_equals_sign() -> None:
    assert read(BODY.replace("s3cret", "a=b=")).password.reveal() == "a=b="


def test_numbers_come_as_written() -> None:
    body = BODY.replace(PHONES, "PhoneNumber= 8 (921) 000-00-00, +79111234567,")
    assert read(body).numbers == ("8 (921) 000-00-00", "+79111234567")


def test_blank_lines_inside_the_text_stay() -> None:
    assert read(BODY + "\n\nПока\n\n").text == "Привет, мир!\n\nПока"


@pytest.mark.parametrize(
    ("body", "fault", "data"),
    [
        ("", ReadingFault.MISSING_FIELD, {"field": "SmsUser"}),
        ("\n".join(FIELDS), ReadingFault.MISSING_FIELD, {"field": "PhoneNumber"}),
        ("\n".join([*FIELDS, "Привет"]), ReadingFault.MISSING_FIELD, {"field": "PhoneNumber"}),
        ("\n".join([*FIELDS, "PIN=1"]), ReadingFault.UNKNOWN_FIELD, {"line": 4}),
        (
            "\n".join([*FIELDS, "password=x"]),
            ReadingFault.DOUBLED_FIELD,
            {"field": "Password", "line": 4},
        ),
        (
            BODY.replace("Привет", f"\n\n{PHONES}\nПривет"),
            ReadingFault.DOUBLED_FIELD,
            {"field": "PhoneNumber", "line": 7},
        ),
        (BODY + "\n\u00adpassword=1", ReadingFault.DOUBLED_FIELD, {"field": "Password", "line": 6}),
        (BODY.replace("s3cret", " "), ReadingFault.EMPTY_FIELD, {"field": "Password"}),
        (BODY.replace(PHONES, "PhoneNumber=,"), ReadingFault.EMPTY_FIELD, {"field": "PhoneNumber"}),
        (BODY.replace("acme", "a\0b"), ReadingFault.CONTROL_CHARACTER, {"field": "SmsUser"}),
        (BODY + "\0", ReadingFault.BAD_TEXT, {"fault": "control_character"}),
        ("\n".join([*FIELDS, PHONES, " ", ""]), ReadingFault.NO_TEXT, {}),
    ],
)
def test_a_mail_outside_the_format_is_refused_with_the_reason(
    body: str, fault: ReadingFault, data: dict[str, object]
) -> None:
    refused = refusal(body)
    assert refused.code is fault
    assert refused.data == data


@given(st.text(max_size=300) | st.lists(st.sampled_from([*FIELDS, PHONES, "", "a"])).map("\n".join))
def test_any_body_is_read_or_refused(body: str) -> None:
    try:
        letter = read(body)
    except LetterUnreadable:
        return
    assert letter.sms_user
    assert letter.text


def test_the_golden_body_is_the_golden_letter() -> None:
    assert read(GOLDEN_BODY.decode("cp1251")) == GOLDEN
