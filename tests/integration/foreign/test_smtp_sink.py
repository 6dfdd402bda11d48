"""Letters through the whole portal to Postfix's smtp-sink."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.accounts.models import User
from portal.delivery.models import GatewayAccount
from portal.delivery.selectors import message_counts
from tests.factories import submit_message
from tests.integration.foreign.conftest import Deliver
from tests.integration.foreign.golden import (
    NUMBERS,
    TEXT,
    decoded_body,
    letter,
    raw_body,
    transfer_encoding,
)
from tests.integration.foreign.smtp_sink import Sink, smtp_sink

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sink_installed"),
]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path) as running:
        yield running


def test_the_golden_letter_arrives_byte_for_byte(
    sink: Sink, author: User, deliver: Deliver
) -> None:
    message = submit_message(author, *NUMBERS, text=TEXT)
    deliver(port=sink.port)
    [mail] = sink.mails()
    assert transfer_encoding(mail) == "8bit"
    assert raw_body(mail) == letter()
    assert message_counts(message.pk) == {"accepted": 2}


@pytest.mark.parametrize("text", [".", "..", "раз\n.\nдва\n..\n.три"])
def test_lines_of_dots_arrive_byte_for_byte(
    sink: Sink, author: User, deliver: Deliver, text: str
) -> None:
    submit_message(author, *NUMBERS, text=text)
    deliver(port=sink.port)
    [mail] = sink.mails()
    assert raw_body(mail) == letter(text)


def test_a_line_over_998_octets_goes_as_quoted_printable(
    sink: Sink, author: User, deliver: Deliver
) -> None:
    submit_message(author, *NUMBERS, text="a" * 1200)
    deliver(port=sink.port)
    [mail] = sink.mails()
    assert transfer_encoding(mail) == "quoted-printable"
    assert max(map(len, mail.split(b"\r\n"))) <= 76
    assert decoded_body(mail) == letter("a" * 1200)


def test_a_server_without_8bitmime_gets_quoted_printable(
    tmp_path: Path, author: User, deliver: Deliver
) -> None:
    submit_message(author, *NUMBERS, text=TEXT)
    with smtp_sink(tmp_path, "-8") as sink:
        deliver(port=sink.port)
        [mail] = sink.mails()
    assert transfer_encoding(mail) == "quoted-printable"
    assert raw_body(mail).isascii()
    assert decoded_body(mail) == letter()


def test_many_sessions_lose_and_double_nothing(sink: Sink, author: User, deliver: Deliver) -> None:
    numbers = [f"7921000{n:04d}" for n in range(200)]
    GatewayAccount.objects.update(numbers_per_email=1)
    message = submit_message(author, *numbers)
    deliver(port=sink.port)
    assert message_counts(message.pk) == {"accepted": 200}
    arrived = [line for mail in sink.mails() for line in raw_body(mail).split(b"\r\n")]
    fields = [line for line in arrived if line.startswith(b"PhoneNumber=")]
    together = b",".join(line.removeprefix(b"PhoneNumber=") for line in fields)
    assert sorted(together.decode().split(",")) == numbers
