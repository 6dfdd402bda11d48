import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP
from traceback import TracebackException
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.letter import Letter, LetterFault, LetterRefused, TransferEncoding, write
from sms.secret import Secret
from sms.stationery import KEPT_SHEETS, Stationery
from tests.unit.sms.examples import (
    GOLDEN,
    GOLDEN_BODY,
    LETTERS,
    MAIL_FROM,
    MAILBOX,
    email_of,
    order_of,
    stationery_of,
)

EIGHT_BIT, QUOTED_PRINTABLE, BASE64 = TransferEncoding
ENCODINGS = st.sampled_from(TransferEncoding)
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


def lines_of(message: bytes) -> list[bytes]:
    assert message.count(b"\n") == message.count(b"\r\n") == message.count(b"\r")
    return message.split(b"\r\n")


@pytest.mark.parametrize(
    ("encoding", "name", "body"),
    [
        (EIGHT_BIT, b"8bit", GOLDEN_BODY),
        (QUOTED_PRINTABLE, b"quoted-printable", QUOTED_BODY),
        (BASE64, b"base64", BASE64_BODY),
    ],
)
def test_the_golden_order_is_written_byte_for_byte(
    encoding: TransferEncoding, name: bytes, body: bytes
) -> None:
    expected = HEADER + b"Content-Transfer-Encoding: " + name + b"\r\n\r\n" + body
    assert email_of(encoding=encoding) == expected


@given(LETTERS, LETTERS, ENCODINGS, st.booleans())
def test_one_letter_leaves_nothing_in_the_next(
    first: Letter, second: Letter, encoding: TransferEncoding, server_has_8bitmime: bool
) -> None:
    used = stationery_of(encoding=encoding)
    for letter in (first, second, replace(first, numbers=second.numbers), first):
        order = order_of(letter)
        new = stationery_of(encoding=encoding)
        assert used.mail_bytes(order, server_has_8bitmime=server_has_8bitmime) == new.mail_bytes(
            order, server_has_8bitmime=server_has_8bitmime
        )


@given(LETTERS, ENCODINGS, st.booleans())
def test_the_email_package_reads_the_order_back(
    letter: Letter, encoding: TransferEncoding, server_has_8bitmime: bool
) -> None:
    order = order_of(letter)
    mail, eight_bit = stationery_of(letter, encoding).mail_bytes(
        order, server_has_8bitmime=server_has_8bitmime
    )
    message = message_from_bytes(mail, policy=SMTP)
    assert message.get_payload(decode=True) == write(letter)
    assert not message.defects
    assert message.get_content_charset() == "windows-1251"
    assert (message["From"], message["To"]) == (MAIL_FROM, MAILBOX)
    assert (message["Content-Transfer-Encoding"] == "8bit") is eight_bit
    assert (message["Message-ID"], message["Date"].datetime) == (order.message_id, order.date)


@given(LETTERS, ENCODINGS)
def test_no_line_of_an_email_is_too_long(letter: Letter, encoding: TransferEncoding) -> None:
    head, _, body = email_of(letter, encoding).partition(b"\r\n\r\n")
    assert max(map(len, lines_of(head))) <= 998
    limit = 998 if b"Encoding: 8bit" in head else 76
    assert max(map(len, lines_of(body))) <= limit


def test_8bit_gives_way_to_a_long_line_and_to_a_server_without_it() -> None:
    writes = stationery_of().mail_bytes
    fits, too_long = (order_of(replace(GOLDEN, text="я" * length)) for length in (998, 999))
    assert writes(fits, server_has_8bitmime=True)[1]
    for order, server_has_8bitmime in ((fits, False), (too_long, True)):
        mail, eight_bit = writes(order, server_has_8bitmime=server_has_8bitmime)
        assert b"Encoding: quoted-printable\r\n" in mail
        assert not eight_bit


def test_a_moment_is_dated_alike_in_every_time_zone() -> None:
    order = order_of()
    moved = replace(order, date=order.date.astimezone(timezone(timedelta(hours=3))))
    mails = [stationery_of().mail_bytes(one, server_has_8bitmime=True) for one in (order, moved)]
    assert mails[0] == mails[1]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"numbers": ()}, LetterFault.EMPTY_FIELD),
        ({"numbers": ("7921,79111234567",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("79210000000", "")}, LetterFault.BAD_NUMBER),
        ({"numbers": ("79210000000\n",)}, LetterFault.BAD_NUMBER),
        ({"numbers": ("79210000000",) * 83}, LetterFault.LINE_TOO_LONG),
        ({"sender": "SMS Info"}, LetterFault.BAD_SENDER),
        ({"text": "Password=1"}, LetterFault.BAD_TEXT),
        ({"message_id": "<a@b>\r\nBcc: x@y"}, LetterFault.BAD_MESSAGE_ID),
    ],
)
def test_an_order_with_a_bad_part_is_refused_the_second_time_too(
    change: dict[str, object], fault: LetterFault
) -> None:
    stationery = stationery_of()
    stationery.mail_bytes(order_of(), server_has_8bitmime=True)
    for _ in range(2):
        with pytest.raises(LetterRefused) as caught:
            stationery.mail_bytes(
                replace(order_of(), **change),  # type: ignore[arg-type]
                server_has_8bitmime=True,
            )
        assert caught.value.code is fault


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: stationery_of(replace(GOLDEN, sms_user="a\nb")), LetterFault.CONTROL_CHARACTER),
        (lambda: stationery_of(replace(GOLDEN, password=Secret("ә"))), LetterFault.UNSENDABLE),
        (lambda: stationery_of(replace(GOLDEN, password=Secret(""))), LetterFault.EMPTY_FIELD),
    ],
)
def test_an_account_that_cannot_be_written_is_refused_before_any_letter(
    make: Callable[[], Stationery], fault: LetterFault
) -> None:
    with pytest.raises(LetterRefused) as caught:
        make()
    assert caught.value.code is fault


@pytest.mark.parametrize("field", ["mail_from", "mailbox"])
@pytest.mark.parametrize(
    "value",
    [
        "a@b\r\nBcc: x@y",
        "a@b>\r\nBcc: <x@y",
        "a@b> SIZE=1",
        "a@b, c@d",
        "я@b",
        "a" * 300 + "@b",
        "",
    ],
)
def test_no_address_can_inject_into_the_header(field: str, value: str) -> None:
    with pytest.raises(LetterRefused) as caught:
        stationery_of(GOLDEN, EIGHT_BIT, **{field: value})
    assert caught.value.code is LetterFault.BAD_ADDRESS


@pytest.mark.parametrize("value", ["<a@b>\r\nBcc: x@y", "a@b", "<a b@c>"])
def test_no_message_id_can_inject_into_the_header(value: str) -> None:
    order = replace(order_of(), message_id=value)
    with pytest.raises(LetterRefused) as caught:
        stationery_of().mail_bytes(order, server_has_8bitmime=True)
    assert caught.value.code is LetterFault.BAD_MESSAGE_ID


@pytest.mark.parametrize(
    "step",
    [
        "sms.letter._transfer_encoded",
        "sms.stationery.choose_transfer_encoding",
        "sms.stationery.credential_lines",
        "sms.stationery.date_line",
        "sms.stationery.join_body",
        "sms.stationery.join_mail",
        "sms.stationery.message_id_line",
        "sms.stationery.number_line",
        "sms.stationery.sender_line",
        "sms.stationery.text_lines",
        "sms.stationery._Sheet.filled",
    ],
)
@pytest.mark.parametrize("encoding", TransferEncoding)
def test_an_error_at_any_step_shows_no_password_in_its_traceback(
    step: str, encoding: TransferEncoding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> NoReturn:
        raise RuntimeError("no letter", arguments, named)

    monkeypatch.setattr(step, fail)
    with pytest.raises(RuntimeError) as caught:
        stationery_of(encoding=encoding).mail_bytes(order_of(), server_has_8bitmime=True)
    trace = TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(trace.format())
    assert "no letter" in shown
    for spelling in ("s3cret", "s3c=", "czNjcmV0", "UGFzc3dvcmQ", "Bhc3N3b3Jk"):
        assert spelling not in shown


def test_neither_the_stationery_nor_its_emails_show_the_password_when_printed() -> None:
    stationery = stationery_of()
    written = stationery.mail_bytes(order_of(), server_has_8bitmime=True)
    assert "s3cret" not in f"{stationery!r} {vars(stationery)!r} {written!r}"


def test_a_text_for_every_recipient_takes_no_memory_that_stays() -> None:
    stationery = stationery_of()

    def write_texts(first: int, count: int) -> int:
        for number in range(first, first + count):
            order = order_of(replace(GOLDEN, text=f"Код {number:09d}"))
            stationery.mail_bytes(order, server_has_8bitmime=True)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        filled = write_texts(0, 2 * KEPT_SHEETS)
        later = write_texts(2 * KEPT_SHEETS, 20 * KEPT_SHEETS)
    finally:
        tracemalloc.stop()
    assert later - filled < 100 * KEPT_SHEETS
