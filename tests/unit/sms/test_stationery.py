import binascii
import gc
import tracemalloc
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP
from traceback import TracebackException
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.letter import (
    Letter,
    LetterFault,
    LetterRefused,
    TransferEncoding,
    choose_transfer_encoding,
    render,
    write,
)
from sms.secret import Secret
from sms.stationery import KEPT_SHEETS, Order, Stationery
from tests.unit.sms.examples import GOLDEN, GOLDEN_BODY, LETTERS, envelope_of

EIGHT_BIT, QUOTED_PRINTABLE, BASE64 = TransferEncoding
ENCODINGS = st.sampled_from(TransferEncoding)


def stationery_of(
    letter: Letter = GOLDEN,
    encoding: TransferEncoding = EIGHT_BIT,
    *,
    mail_from: str = "sms@acme.example",
    mailbox: str = "email2sms@operator.example",
) -> Stationery:
    return Stationery(
        sms_user=letter.sms_user,
        password=letter.password,
        mail_from=mail_from,
        mailbox=mailbox,
        transfer_encoding=encoding,
    )


def order_of(letter: Letter = GOLDEN) -> Order:
    return Order(
        numbers=letter.numbers,
        sender=letter.sender,
        text=letter.text,
        message_id="<1.2@acme.example>",
        date=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def body_of(mail: bytes) -> bytes:
    return mail.partition(b"\r\n\r\n")[2]


@given(LETTERS, ENCODINGS, st.booleans())
def test_the_email_is_the_one_that_is_written_without_stationery(
    letter: Letter, encoding: TransferEncoding, server_has_8bitmime: bool
) -> None:
    body = write(letter)
    chosen = choose_transfer_encoding(encoding, server_has_8bitmime=server_has_8bitmime, body=body)
    assert stationery_of(letter, encoding).mail_bytes(
        order_of(letter), server_has_8bitmime=server_has_8bitmime
    ) == (render(envelope_of(body), chosen), chosen is EIGHT_BIT)


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
    assert message.get_payload(decode=True).decode("cp1251").split("\r\n") == [  # type: ignore[union-attr]
        f"SmsUser={letter.sms_user}",
        f"Password={letter.password.reveal()}",
        f"SourceAddress={letter.sender}",
        f"PhoneNumber={','.join(letter.numbers)}",
        *letter.text.split("\n"),
        "",
    ]
    assert not message.defects
    assert (message["Content-Transfer-Encoding"] == "8bit") is eight_bit
    assert (message["Message-ID"], message["Date"].datetime) == (order.message_id, order.date)


@pytest.mark.parametrize(
    ("encoding", "decoded"),
    [
        (EIGHT_BIT, bytes),
        (QUOTED_PRINTABLE, binascii.a2b_qp),
        (BASE64, b64decode),
    ],
)
def test_the_golden_order_is_written_in_every_transfer_encoding(
    encoding: TransferEncoding, decoded: Callable[[bytes], bytes]
) -> None:
    mail, _ = stationery_of(encoding=encoding).mail_bytes(order_of(), server_has_8bitmime=True)
    assert decoded(body_of(mail)) == GOLDEN_BODY


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
        (lambda: stationery_of(mail_from="a@b>\r\nBcc: <x@y"), LetterFault.BAD_ADDRESS),
        (lambda: stationery_of(mailbox="a@b, c@d"), LetterFault.BAD_ADDRESS),
    ],
)
def test_an_account_that_cannot_be_written_is_refused_before_any_letter(
    make: Callable[[], Stationery], fault: LetterFault
) -> None:
    with pytest.raises(LetterRefused) as caught:
        make()
    assert caught.value.code is fault


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
