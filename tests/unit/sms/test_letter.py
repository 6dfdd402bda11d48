from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP
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
    render,
    write,
)
from sms.secret import Secret
from tests.unit.sms.examples import GOLDEN, GOLDEN_BODY, LETTERS, envelope_of

HEADER = (
    b"From: <sms@acme.example>\r\n"
    b"To: <email2sms@operator.example>\r\n"
    b"Subject: SMS\r\n"
    b"Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
    b"Message-ID: <1.2@acme.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=windows-1251\r\n"
)
QUOTED_BODY = (
    b"SmsUser=3Dacme\r\n"
    b"Password=3Ds3cret\r\n"
    b"SourceAddress=3DACME\r\n"
    b"PhoneNumber=3D79210000000,79111234567\r\n"
    b"=CF=F0=E8=E2=E5=F2, =EC=E8=F0!\r\n"
)
BASE64_BODY = (
    b"U21zVXNlcj1hY21lDQpQYXNzd29yZD1zM2NyZXQNClNvdXJjZUFkZHJlc3M9QUNNRQ0KUGhvbmVO\r\n"
    b"dW1iZXI9NzkyMTAwMDAwMDAsNzkxMTEyMzQ1NjcNCs/w6OLl8iwg7OjwIQ0K\r\n"
)


def fault_of(letter: Letter) -> LetterFault:
    with pytest.raises(LetterRefused) as caught:
        write(letter)
    return caught.value.code


def lines_of(message: bytes) -> list[bytes]:
    assert message.count(b"\n") == message.count(b"\r\n") == message.count(b"\r")
    return message.split(b"\r\n")


def test_the_golden_letter_is_written_byte_for_byte() -> None:
    assert write(GOLDEN) == GOLDEN_BODY


@pytest.mark.parametrize(
    ("encoding", "name", "body"),
    [
        (TransferEncoding.EIGHT_BIT, b"8bit", GOLDEN_BODY),
        (TransferEncoding.QUOTED_PRINTABLE, b"quoted-printable", QUOTED_BODY),
        (TransferEncoding.BASE64, b"base64", BASE64_BODY),
    ],
)
def test_the_golden_message_is_rendered_byte_for_byte(
    encoding: TransferEncoding, name: bytes, body: bytes
) -> None:
    expected = HEADER + b"Content-Transfer-Encoding: " + name + b"\r\n\r\n" + body
    assert render(envelope_of(), encoding) == expected


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


@given(LETTERS, st.sampled_from(TransferEncoding))
def test_the_email_package_reads_the_same_body_back(
    letter: Letter, encoding: TransferEncoding
) -> None:
    body = write(letter)
    message = message_from_bytes(render(envelope_of(body), encoding), policy=SMTP)
    assert message.get_payload(decode=True) == body
    assert not message.defects
    assert message.get_content_charset() == "windows-1251"
    assert (message["From"], message["To"]) == (
        "sms@acme.example",
        "email2sms@operator.example",
    )


@given(LETTERS, st.sampled_from(TransferEncoding))
def test_no_line_of_a_message_is_too_long(letter: Letter, encoding: TransferEncoding) -> None:
    message = render(envelope_of(write(letter)), encoding)
    head, _, body = message.partition(b"\r\n\r\n")
    assert max(map(len, lines_of(head))) <= 998
    limit = 998 if b"Encoding: 8bit" in head else 76
    assert max(map(len, lines_of(body))) <= limit


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


def test_neither_an_envelope_nor_its_bytes_show_the_password_when_printed() -> None:
    envelope = envelope_of(write(GOLDEN))
    shown = f"{envelope!r} {write(GOLDEN)!r} {render(envelope, TransferEncoding.EIGHT_BIT)!r}"
    assert "s3cret" not in shown


def test_the_preview_shows_everything_but_the_password() -> None:
    shown = mask(GOLDEN_BODY)
    assert shown == GOLDEN_BODY.decode("cp1251").replace("s3cret", "••••••")


@given(LETTERS)
def test_the_preview_never_holds_a_line_with_the_password(letter: Letter) -> None:
    assert mask(write(letter)).split("\r\n")[1] == "Password=••••••"


def test_a_line_over_998_octets_makes_8bit_quoted_printable() -> None:
    fits, too_long = (write(replace(GOLDEN, text="я" * length)) for length in (998, 999))
    wanted = TransferEncoding.EIGHT_BIT
    assert b"Encoding: 8bit\r\n" in render(envelope_of(fits), wanted)
    assert b"Encoding: quoted-printable\r\n" in render(envelope_of(too_long), wanted)


def test_a_server_without_8bitmime_gets_quoted_printable() -> None:
    chosen = {
        wanted: choose_transfer_encoding(wanted, server_has_8bitmime=False, body=GOLDEN_BODY)
        for wanted in TransferEncoding
    }
    assert chosen[TransferEncoding.EIGHT_BIT] is TransferEncoding.QUOTED_PRINTABLE
    assert chosen[TransferEncoding.QUOTED_PRINTABLE] is TransferEncoding.QUOTED_PRINTABLE
    assert chosen[TransferEncoding.BASE64] is TransferEncoding.BASE64


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mail_from", "a@b\r\nBcc: x@y"),
        ("mail_from", "a@b> SIZE=1"),
        ("mailbox", "a@b, c@d"),
        ("mailbox", "я@b"),
        ("mailbox", "a" * 300 + "@b"),
        ("mailbox", ""),
        ("message_id", "<a@b>\r\nBcc: x@y"),
        ("message_id", "a@b"),
        ("message_id", "<a b@c>"),
    ],
)
def test_nothing_can_be_injected_into_a_header(field: str, value: str) -> None:
    with pytest.raises(LetterRefused) as caught:
        render(envelope_of(GOLDEN_BODY, **{field: value}), TransferEncoding.EIGHT_BIT)
    assert caught.value.code in {LetterFault.BAD_ADDRESS, LetterFault.BAD_MESSAGE_ID}


@pytest.mark.parametrize("body", [b"", b"a", b"a\n", b"a\rb\r\n", b"a\nb\r\n", b"\0\r\n"])
def test_a_body_with_other_breaks_is_refused(body: bytes) -> None:
    with pytest.raises(LetterRefused) as caught:
        render(envelope_of(body), TransferEncoding.EIGHT_BIT)
    assert caught.value.code is LetterFault.BAD_BODY
