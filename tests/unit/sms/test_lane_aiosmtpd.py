"""A lane against an independent server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as TheirSession

from sms.lane import Lane, Mail
from sms.letter import TransferEncoding
from sms.reader import read_mail
from sms.retry import Verdict
from sms.secret import Secret
from sms.smtp import Security, Server, SmtpFailure
from tests.unit.sms.examples import GOLDEN, MAIL_FROM, MAILBOX, email_of
from tests.unit.sms.lane_sender import Sender
from tests.unit.sms.operator_on_paper import Notes

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@dataclass
class Mailbox:
    received: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: TheirSession, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        return "250 kept"


def signed_in(
    server: SMTP, session: TheirSession, env: Envelope, how: str, data: object
) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"acme", b"right"), handled=False)


@asynccontextmanager
async def operator(mailbox: Mailbox, password: str) -> AsyncIterator[Server]:
    """The running server, and how to sign in with the password."""
    loop = asyncio.get_running_loop()

    def accept() -> SMTP:
        return SMTP(
            mailbox,
            hostname="operator.example",
            authenticator=signed_in,
            auth_require_tls=False,
            auth_required=True,
            loop=loop,
        )

    listener = await loop.create_server(accept, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        yield Server("127.0.0.1", port, Security.NONE, "acme", Secret(password))
    finally:
        listener.close()


def golden_mail(encoding: TransferEncoding) -> Mail:
    is_8bit = encoding is TransferEncoding.EIGHT_BIT
    return Mail(MAIL_FROM, MAILBOX, email_of(encoding=encoding), is_8bit)


def test_letters_reach_another_server_in_every_transfer_encoding() -> None:
    mailbox = Mailbox()

    async def main() -> None:
        async with asyncio.timeout(10), operator(mailbox, "right") as server:
            sender = Sender([golden_mail(encoding) for encoding in TransferEncoding])
            await sender.send_over(await Lane.open(server, sender))
            assert sender.names == ["ready", "answered"] * 3

    asyncio.run(main())
    assert [read_mail(raw) for raw in mailbox.received] == [GOLDEN] * 3


def test_a_wrong_password_pauses_the_account() -> None:
    async def main() -> None:
        async with asyncio.timeout(10), operator(Mailbox(), "wrong") as server:
            await Lane.open(server, Notes())

    with pytest.raises(SmtpFailure, match="auth: refused") as caught:
        asyncio.run(main())
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert caught.value.verdict is Verdict.PAUSE_ACCOUNT
