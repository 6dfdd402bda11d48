"""The sandbox operator with clients that send commands ahead (RFC 2920)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from sms.letter import TransferEncoding
from sms.secret import Secret
from sms.stationery import EmailOrder, Stationery

MAILBOX = "sms@operator.example"
ACCOUNT = SandboxAccount("acme", Secret("s3cret"), frozenset({"ACME"}), MAILBOX)
COMMANDS = b"MAIL FROM:<portal@example.com> BODY=8BITMIME\r\nRCPT TO:<%s>\r\nDATA\r\n"
ASK = COMMANDS % MAILBOX.encode()


STATIONERY = Stationery(
    sms_user="acme",
    password=Secret("s3cret"),
    mail_from="portal@example.com",
    mailbox=MAILBOX,
    transfer_encoding=TransferEncoding.EIGHT_BIT,
)


def mail(number: int) -> bytes:
    order = EmailOrder(
        numbers=(str(79210000000 + number),),
        sender="ACME",
        text="Привет",
        message_id=f"<{number}@portal.example>",
        date=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return STATIONERY.mail_bytes(order, server_has_8bitmime=True)[0] + b".\r\n"


class Talk:
    """A connection whose replies are read by their codes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._lines = self._socket.makefile("rb")
        self.extensions: set[str] = set()

    def write(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def codes(self, count: int) -> list[int]:
        return [self._code() for _ in range(count)]

    def _code(self) -> int:
        while (line := self._lines.readline())[3:4] == b"-":
            self.extensions.add(line[4:].decode().strip())
        return int(line[:3]) if line else 0

    def is_silent(self) -> bool:
        """Whether nothing comes for a while; the last thing to ask of it."""
        self._socket.settimeout(0.3)
        try:
            self._lines.readline()
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextmanager
def talk_to(folder: Path, *faults: str) -> Iterator[tuple[Talk, SandboxOperator]]:
    """A greeted connection; each fault comes with every e-mail."""
    log, rates = folder / "letters.jsonl", dict.fromkeys(faults, 1.0)
    with SandboxOperator([ACCOUNT], log, faults=rates) as operator:
        talk = Talk(operator.port)
        try:
            talk.write(b"EHLO portal\r\n")
            assert talk.codes(2) == [220, 250]
            yield talk, operator
        finally:
            talk.close()


def test_pipelining_is_offered(tmp_path: Path) -> None:
    with talk_to(tmp_path) as (talk, _operator):
        assert "PIPELINING" in talk.extensions


def test_the_next_commands_may_come_with_the_dot(tmp_path: Path) -> None:
    with talk_to(tmp_path) as (talk, operator):
        talk.write(ASK)
        assert talk.codes(3) == [250, 250, 354]
        for number in range(20):
            talk.write(mail(number) + ASK)
            assert talk.codes(4) == [250, 250, 250, 354]
        ids = [letter.message_id for letter in operator.letters()]
        assert ids == [f"<{number}@portal.example>" for number in range(20)]


def test_a_refused_recipient_refuses_the_data_sent_with_it(tmp_path: Path) -> None:
    with talk_to(tmp_path) as (talk, operator):
        talk.write(COMMANDS % b"nobody@operator.example")
        assert talk.codes(3) == [250, 550, 503]
        talk.write(b"RSET\r\n" + ASK)
        assert talk.codes(4) == [250, 250, 250, 354]
        assert operator.letters() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [("451", 451), ("554", 554), ("421", 421), ("close-after-dot", 0)],
)
def test_what_came_with_the_dot_of_a_broken_off_mail_starts_no_other(
    tmp_path: Path, fault: str, code: int
) -> None:
    with talk_to(tmp_path, fault) as (talk, operator):
        talk.write(ASK)
        assert talk.codes(3) == [250, 250, 354]
        talk.write(mail(1) + ASK)
        is_over = code in {0, 421}
        assert talk.codes(4) == [code, *([0, 0, 0] if is_over else [250, 250, 354])]
        assert len(operator.letters()) == (fault == "close-after-dot")


def test_nothing_behind_a_dot_that_is_never_answered_is_answered(tmp_path: Path) -> None:
    with talk_to(tmp_path, "hang-after-dot") as (talk, operator):
        talk.write(ASK)
        assert talk.codes(3) == [250, 250, 354]
        talk.write(mail(1) + ASK)
        assert talk.is_silent()
        assert len(operator.letters()) == 1
