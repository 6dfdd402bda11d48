"""One SMTP connection to the sandbox operator, and the judge of its letters."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, Envelope, Session

from portal.embedded.sandbox_accounts import AccountBook
from portal.embedded.sandbox_faults import Fault, FaultDice
from portal.embedded.sandbox_log import LetterLog, SandboxLetter
from sms.letter import Letter, mask, write
from sms.mime import plain_text
from sms.reader import read
from sms.refusal import Refusal

_SLOW_SECONDS = 2.0
_MAX_OCTETS = 2**20
# A client may wait ten minutes for the answer to the dot; the hang must last longer.
_IDLE_SECONDS = 3600.0
_AFTER_THE_DOT = {
    Fault.CLOSING: "421 closing the connection",
    Fault.TRY_LATER: "451 try again later",
    Fault.REJECT: "554 rejected",
}
_logger = logging.getLogger(__name__)
# At lower levels aiosmtpd logs every line of a mail, the password among them.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Connection(SMTP):
    """Adds to aiosmtpd's session the latency, and the ways to break off."""

    def __init__(self, judge: "Judge", latency: float, open_ones: set["Connection"]) -> None:
        super().__init__(
            judge,
            hostname="sandbox.localhost",
            ident="sandbox operator",
            data_size_limit=_MAX_OCTETS,
            timeout=_IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self.fault: Fault | None = None
        self._latency = latency
        self._open_ones = open_ones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_ones.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_ones.discard(self)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        super().eof_received()
        # aiosmtpd leaves the connection half open when its greeting is still to be written.
        return False

    async def push(self, status: str | bytes) -> None:
        reply = status.encode("ascii") if isinstance(status, str) else status
        if self._latency and reply[3:4] != b"-":
            await asyncio.sleep(self._latency)
        try:
            await super().push(reply)
        except ConnectionError:
            self.drop()
        if reply.startswith(b"421"):
            self._writer.close()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        assert self.envelope is not None
        if self.fault is Fault.CLOSE_MID_DATA and self.envelope.rcpt_tos:
            await self.push("354 end with a dot")
            await self._reader.read(1)
            self.drop()
            return
        await super().smtp_DATA(arg)

    def drop(self) -> None:
        self._writer.transport.abort()

    async def never_answer(self) -> None:
        """Ends by cancellation only, once the connection is lost."""
        await asyncio.Event().wait()


@dataclass
class Judge:
    """Judges senders, mailboxes and letters (aiosmtpd's handler)."""

    book: AccountBook
    log: LetterLog
    dice: FaultDice
    durable: bool
    on_letter: Callable[[SandboxLetter], None] | None
    _greylisted: set[str] = field(default_factory=set)

    async def handle_EHLO(  # noqa: N802
        self,
        server: Connection,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        # aiosmtpd answers each command before it reads the next; RFC 2920 asks no more.
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: Any
    ) -> Any:
        server.fault = self.dice.draw()
        return "421 no more mail" if server.fault is Fault.CLOSING_AT_MAIL else MISSING

    async def handle_RCPT(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: Any
    ) -> Any:
        if not self.book.has_mailbox(address):
            return "550 no such mailbox"
        mail_from = envelope.mail_from or ""
        if self._comes_back(mail_from) or server.fault is not Fault.GREYLIST:
            return MISSING
        self._greylisted.add(mail_from)
        return "450 greylisted, come back later"

    async def handle_DATA(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope
    ) -> str:
        if server.fault in _AFTER_THE_DOT:
            return _AFTER_THE_DOT[server.fault]
        content = envelope.original_content or b""
        try:
            body = plain_text(content)
            order = read(body)
            if refusal := self._refusal(order, envelope.rcpt_tos):
                return f"550 {refusal}"
            letter = _letter(content, body, order)
        except Refusal as refused:
            return f"550 {refused}"
        await self._record(letter)
        await self._misbehave(server)
        return "250 accepted"

    async def handle_exception(self, error: Exception) -> str:
        # Its text may quote the mail.
        _logger.error("Sandbox operator failed: %s", type(error).__name__)
        return "451 internal error"

    def _comes_back(self, mail_from: str) -> bool:
        came_back = mail_from in self._greylisted
        self._greylisted.discard(mail_from)
        return came_back

    def _refusal(self, order: Letter, mailboxes: list[str]) -> str | None:
        account = self.book.find(order.sms_user, order.password, mailboxes)
        if account is None:
            return "login refused"
        return None if account.admits(order.sender) else "sender name not registered"

    async def _record(self, letter: SandboxLetter) -> None:
        if self.durable:
            # The other connections go on while the disk is waited for.
            await asyncio.to_thread(self.log.append, letter)
        else:
            self.log.append(letter)
        if self.on_letter is not None:
            self.on_letter(letter)

    async def _misbehave(self, server: Connection) -> None:
        if server.fault is Fault.SLOW_REPLY:
            await asyncio.sleep(_SLOW_SECONDS)
        elif server.fault is Fault.HANG_AFTER_DOT:
            await server.never_answer()
        elif server.fault is Fault.CLOSE_AFTER_DOT:
            server.drop()
            await server.never_answer()


def _letter(content: bytes, body: str, order: Letter) -> SandboxLetter:
    """Raises sms.letter.LetterRefused for an order that the format has no room for."""
    header = BytesHeaderParser().parsebytes(content)
    return SandboxLetter(
        time=datetime.now(UTC),
        message_id=str(header.get("Message-ID", "")).strip(),
        sms_user=order.sms_user,
        sender=order.sender,
        numbers=order.numbers,
        text=order.text,
        transfer_encoding=str(header.get("Content-Transfer-Encoding", "7bit")).strip().lower(),
        body_sha256=hashlib.sha256(body.encode("cp1251", errors="replace")).hexdigest(),
        # Written anew, for a mail with unusual line breaks could hide its password from the mask.
        body_masked=mask(write(order)),
    )
