from dataclasses import replace
from traceback import TracebackException

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sms.letter
from sms.letter import (
    Letter,
    LetterFault,
    LetterRefused,
    TransferEncoding,
    choose_transfer_encoding,
    mask,
    write,
)
from sms.secret import Secret
from tests.unit.sms.examples import GOLDEN, GOLDEN_BODY, LETTERS


def fault_of(letter: Letter) -> LetterFault:
    with pytest.raises(LetterRefused) as caught:
        write(letter)
    return caught.value.code


def test_the_golden_letter_is_written_byte_for_byte() -> None:
    assert write(GOLDEN) == GOLDEN_BODY


@given(LETTERS)
def test_a_letter_has_its_four_fields_once_each_and_then_the_text(letter: Letter) -> None:
    lines = write(letter).decode("cp1251").split("\r\n")
    assert lines[:4] == [
        f"SmsUser={letter.sms_user}",
        f"Password={letter.password.reveal()}",
        f"SourceAddress={letter.sender}",
        f"PhoneNumber={','.join(letter.numbers)}",
    ]
    assert lines[4:] == [*letter.text.split("\n"), ""]


FIELD_INPUTS = st.text(
    alphabet=st.sampled_from("aя=, \r\n\t\0\v\x85\u2028\u00a0₽79")
    | st.characters(max_codepoint=0x2100),
    max_size=1100,
)


@given(FIELD_INPUTS, FIELD_INPUTS, FIELD_INPUTS, st.lists(FIELD_INPUTS, max_size=3), FIELD_INPUTS)
def test_no_input_can_add_or_change_a_field(
    sms_user: str, password: str, sender: str, numbers: list[str], text: str
) -> None:
    for change in (
        replace(GOLDEN, sms_user=sms_user),
        replace(GOLDEN, password=Secret(password)),
        replace(GOLDEN, sender=sender),
        replace(GOLDEN, numbers=tuple(numbers)),
        replace(GOLDEN, text=text),
    ):
        try:
            lines = write(change).split(b"\r\n")
        except LetterRefused:
            continue
        names = (b"smsuser=", b"password=", b"sourceaddress=", b"phonenumber=")
        heads = [line.lower().startswith(names) for line in lines]
        assert heads == [True] * 4 + [False] * (len(lines) - 4)
        assert len(lines) == 6 + change.text.count("\n")


@pytest.mark.parametrize("value", ["a\nPhoneNumber=1", "a\rb", "a\0", "a\u2028b", "a\x85b", "a\tb"])
def test_a_break_or_control_in_credentials_is_refused(value: str) -> None:
    assert fault_of(replace(GOLDEN, sms_user=value)) is LetterFault.CONTROL_CHARACTER
    assert fault_of(replace(GOLDEN, password=Secret(value))) is LetterFault.CONTROL_CHARACTER


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", LetterFault.EMPTY_FIELD),
        (" a", LetterFault.OUTER_SPACE),
        ("a\u00a0", LetterFault.OUTER_SPACE),
        ("ә", LetterFault.UNSENDABLE),
        ("a" * 990, LetterFault.LINE_TOO_LONG),
    ],
)
def test_credentials_that_would_not_arrive_as_they_are_are_refused(
    value: str, fault: LetterFault
) -> None:
    assert fault_of(replace(GOLDEN, password=Secret(value))) is fault
    with pytest.raises(LetterRefused) as caught:
        write(replace(GOLDEN, password=Secret(value)))
    assert caught.value.data == {"field": "Password"}


def test_no_refusal_shows_the_password_in_its_traceback() -> None:
    for broken in (
        replace(GOLDEN, password=Secret("s3cret-ә")),
        replace(GOLDEN, text="ә"),
        replace(GOLDEN, numbers=("x",)),
    ):
        with pytest.raises(LetterRefused) as caught:
            write(broken)
        trace = TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [frame.locals for frame in trace.stack if frame.filename == sms.letter.__file__]
        assert frames
        assert "s3cret" not in f"{caught.value!r} {frames}"
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"numbers": ()}, LetterFault.EMPTY_FIELD),
        ({"numbers": ("+79210000000",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("79210000000\n",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("٧٩٢١",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("1" * 16,)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("79210000000",) * 83}, LetterFault.LINE_TOO_LONG),
        ({"sender": "ABC\n"}, LetterFault.BAD_SENDER),
        ({"text": ""}, LetterFault.BAD_TEXT),
        ({"text": "Password=1"}, LetterFault.BAD_TEXT),
        ({"text": "\nПривет"}, LetterFault.BAD_TEXT),
        ({"text": "a\r\nb"}, LetterFault.BAD_TEXT),
    ],
)
def test_a_letter_with_a_bad_part_is_refused(change: dict[str, str], fault: LetterFault) -> None:
    assert fault_of(replace(GOLDEN, **change)) is fault  # type: ignore[arg-type]


def test_neither_a_letter_nor_its_bytes_show_the_password_when_printed() -> None:
    assert "s3cret" not in f"{GOLDEN!r} {write(GOLDEN)!r}"


def test_the_preview_shows_everything_but_the_password() -> None:
    shown = mask(GOLDEN_BODY)
    assert shown == GOLDEN_BODY.decode("cp1251").replace("s3cret", "••••••")


@given(LETTERS)
def test_the_preview_never_holds_a_line_with_the_password(letter: Letter) -> None:
    assert mask(write(letter)).split("\r\n")[1] == "Password=••••••"


def test_a_line_over_998_octets_makes_8bit_quoted_printable() -> None:
    chosen = [
        choose_transfer_encoding(
            TransferEncoding.EIGHT_BIT,
            server_has_8bitmime=True,
            body=write(replace(GOLDEN, text="я" * length)),
        )
        for length in (998, 999)
    ]
    assert chosen == [TransferEncoding.EIGHT_BIT, TransferEncoding.QUOTED_PRINTABLE]


def test_a_server_without_8bitmime_gets_quoted_printable() -> None:
    chosen = {
        wanted: choose_transfer_encoding(wanted, server_has_8bitmime=False, body=GOLDEN_BODY)
        for wanted in TransferEncoding
    }
    assert chosen[TransferEncoding.EIGHT_BIT] is TransferEncoding.QUOTED_PRINTABLE
    assert chosen[TransferEncoding.QUOTED_PRINTABLE] is TransferEncoding.QUOTED_PRINTABLE
    assert chosen[TransferEncoding.BASE64] is TransferEncoding.BASE64
