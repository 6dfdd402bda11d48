"""The start of a talk with an SMTP server: greeting, TLS and sign-in (RFC 5321, 3207, 4954).

Nothing is sent here: `sms.lane` takes the connection over and carries e-mails, and `probe` tells
what a server offers and whether it takes the addresses.
"""

import asyncio
import base64
import ssl
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, TypeVar

from sms.retry import Phase
from sms.secret import ConfidentialBytes
from sms.smtp_envelope import envelope_lines
from sms.smtp_failure import SmtpFailure, failure_from
from sms.smtp_reply import CLOSING, Reply, ReplyLines
from sms.smtp_server import FAREWELL_SECONDS, Security, Server, tls_context
from sms.smtp_wire import Wire

__all__ = [
    "ProbeResult",
    "Reply",
    "Security",
    "Server",
    "Session",
    "SmtpFailure",
    "probe",
]

_T = TypeVar("_T")


class _State(Enum):
    CLOSED = auto()
    READY = auto()
    DIRTY = auto()  # an envelope was begun


class Session:
    """One connection until it is handed over. Not safe for use by two tasks at once.

    Every method but `close` and `abort` raises SmtpFailure, and RuntimeError when out of order;
    cancelling one drops the connection.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wire = Wire()
        self._state = _State.CLOSED
        self._extensions: dict[str, str] = {}

    @property
    def server(self) -> Server:
        return self._server

    @property
    def extensions(self) -> Mapping[str, str]:
        """What EHLO announced: keyword in capitals to its parameters."""
        return MappingProxyType(self._extensions)

    @property
    def tls_version(self) -> str | None:
        return self._wire.tls_version

    async def open(self) -> None:
        """Connects, greets, starts TLS and signs in, as the server's description asks."""
        if self._state is not _State.CLOSED:
            raise RuntimeError("the session is open already")
        try:
            await self._connect()
            await self._expect(Phase.GREETING, 220)
            await self._greet()
            if self._server.security is Security.STARTTLS:
                await self._start_tls()
                await self._greet()
            if self._server.user is not None:
                await self._authenticate()
        except BaseException:
            self.abort()
            raise
        self._state = _State.READY

    async def try_addresses(self, *, mail_from: str, mailbox: str) -> tuple[Reply, ...]:
        """The replies to MAIL and RCPT, then RSET: nothing is sent.

        Raises ValueError for what is no address; nothing was written then.
        """
        self._require(self._state is _State.READY)
        lines = envelope_lines(mail_from, mailbox, eight_bit=False)
        self._state = _State.DIRTY
        replies = (
            await self._command(Phase.MAIL, lines.mail_command(None), 250),
            await self._command(Phase.RCPT, lines.rcpt, 250),
        )
        await self._command(Phase.MAIL, b"RSET\r\n", 250)
        self._state = _State.READY
        return tuple(reply.shown() for reply in replies)

    def hand_over(self, successor: asyncio.BaseProtocol) -> asyncio.Transport:
        """Gives the open connection to `successor`; for this session it is closed from then on.

        A connection found lost, or a server found to have spoken, fails in phase MAIL.
        """
        self._require(self._state is _State.READY)
        self._state = _State.CLOSED
        try:
            return self._wire.hand_over(successor)
        except ConnectionResetError as error:
            raise failure_from(Phase.MAIL, error) from None

    async def close(self) -> None:
        """Says QUIT if the connection stands, and drops it.

        Never raises SmtpFailure, and takes two seconds at most.
        """
        try:
            if self._state is not _State.CLOSED:
                await self._ask(Phase.EHLO, b"QUIT\r\n", seconds=FAREWELL_SECONDS)
        except SmtpFailure:
            return
        finally:
            self.abort()

    def abort(self) -> None:
        """Drops the connection at once; nothing more is written."""
        self._state = _State.CLOSED
        self._wire.abort()

    def _require(self, allowed: bool) -> None:
        if not allowed:
            raise RuntimeError(f"not in state {self._state.name}")

    async def _connect(self) -> None:
        server = self._server
        loop = asyncio.get_running_loop()
        wrap = None
        if server.security is Security.TLS:
            wrap = self._trusted(Phase.CONNECT)
        await self._bounded(
            Phase.CONNECT,
            loop.create_connection(lambda: self._wire, server.host, server.port, ssl=wrap),
        )

    async def _greet(self) -> None:
        line = f"EHLO {self._server.helo}\r\n".encode("ascii")
        reply = await self._command(Phase.EHLO, line, 250)
        self._extensions = {}
        for extension in reply.lines[1:]:
            keyword, _, parameters = extension.partition(" ")
            self._extensions[keyword.upper()] = parameters.strip()

    async def _start_tls(self) -> None:
        if "STARTTLS" not in self._extensions:
            raise self._unfit(Phase.STARTTLS, "STARTTLS not offered")
        context = self._trusted(Phase.STARTTLS)
        await self._command(Phase.STARTTLS, b"STARTTLS\r\n", 220)
        if not self._wire.silent:
            # Somebody on the way put words into the server's mouth before the encryption began.
            raise SmtpFailure(Phase.STARTTLS, None, "plaintext after STARTTLS")
        await self._bounded(Phase.STARTTLS, self._wire.start_tls(context, self._server.host))

    async def _authenticate(self) -> None:
        offered = self._extensions.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            line = ConfidentialBytes(b"AUTH PLAIN %b\r\n" % self._plain_response())
            await self._command(Phase.AUTH, line, 235)
        elif "LOGIN" in offered:
            await self._command(Phase.AUTH, b"AUTH LOGIN\r\n", 334)
            await self._command(Phase.AUTH, _in_base64(self._server.user) + b"\r\n", 334)
            line = ConfidentialBytes(_in_base64(self._revealed()) + b"\r\n")
            await self._command(Phase.AUTH, line, 235)
        else:
            raise self._unfit(Phase.AUTH, "AUTH not offered")

    def _plain_response(self) -> bytes:
        return _in_base64(f"\0{self._server.user}\0{self._revealed()}")

    def _revealed(self) -> str:
        return self._server.password.reveal() if self._server.password else ""

    async def _command(self, phase: Phase, line: bytes, expected: int) -> ReplyLines:
        return self._check(phase, await self._ask(phase, line), expected)

    async def _expect(self, phase: Phase, expected: int) -> None:
        self._check(phase, await self._answer(phase), expected)

    def _check(self, phase: Phase, reply: ReplyLines, expected: int) -> ReplyLines:
        """The first digit decides, as RFC 5321 4.3.2 has it."""
        if reply.code // 100 != expected // 100:
            raise SmtpFailure(phase, self._shown(phase, reply), "refused")
        return reply

    def _shown(self, phase: Phase, reply: ReplyLines) -> Reply:
        return reply.shown(without=self._credentials() if phase is Phase.AUTH else ())

    def _credentials(self) -> tuple[str, ...]:
        """Every spelling of the password that a server could quote back."""
        password = self._revealed()
        encoded = _in_base64(password).decode("ascii")
        return (password, encoded, self._plain_response().decode("ascii"))

    async def _ask(self, phase: Phase, line: bytes, seconds: float | None = None) -> ReplyLines:
        async def exchange() -> ReplyLines:
            self._wire.write(line)
            return await self._wire.read_reply()

        return self._heeded(await self._bounded(phase, exchange(), seconds))

    async def _answer(self, phase: Phase) -> ReplyLines:
        return self._heeded(await self._bounded(phase, self._wire.read_reply()))

    def _heeded(self, reply: ReplyLines) -> ReplyLines:
        if reply.code == CLOSING:
            self.abort()
        return reply

    async def _bounded(
        self, phase: Phase, step: Coroutine[Any, Any, _T], seconds: float | None = None
    ) -> _T:
        """Awaits one step; whatever goes wrong drops the connection, for its state is unknown."""
        try:
            async with asyncio.timeout(self._server.timeout if seconds is None else seconds):
                return await step
        except (OSError, ValueError) as error:
            self.abort()
            # What is known of the error is in the failure; its frames hold what was written.
            raise failure_from(phase, error) from None
        except BaseException:
            self.abort()
            raise

    def _trusted(self, phase: Phase) -> ssl.SSLContext:
        try:
            return tls_context(self._server.ca_file)
        except OSError:
            raise self._unfit(phase, "CA file unreadable") from None

    def _unfit(self, phase: Phase, reason: str) -> SmtpFailure:
        return SmtpFailure(phase, None, reason, misconfigured=True)


@dataclass(frozen=True)
class ProbeResult:
    """What a trial of the connection found; `replies` answer MAIL and RCPT."""

    extensions: Mapping[str, str]
    tls_version: str | None
    replies: tuple[Reply, ...]


async def probe(server: Server, *, mail_from: str, mailbox: str) -> ProbeResult:
    """Tries everything short of DATA: nothing is sent. Raises SmtpFailure, or ValueError for what
    is no address."""
    session = Session(server)
    try:
        await session.open()
        replies = await session.try_addresses(mail_from=mail_from, mailbox=mailbox)
        return ProbeResult(dict(session.extensions), session.tls_version, replies)
    finally:
        await session.close()


def _in_base64(credential: str | None) -> bytes:
    return base64.b64encode((credential or "").encode("utf-8", errors="replace"))
