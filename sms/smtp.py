"""An SMTP client that stops before the closing dot (RFC 5321, 1870, 2920, 3207, 4954, 6152).

smtplib cannot tell a failure before the dot, which is safe to retry, from one after it, which may
have sent the message. Here `begin` does everything that is safe, and `commit` writes the dot.
"""

import asyncio
import base64
import ssl
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, TypeVar

from sms.retry import Phase
from sms.secret import ConfidentialBytes
from sms.smtp_envelope import envelope_lines
from sms.smtp_failure import SmtpFailure, failure_from
from sms.smtp_reply import Reply, ReplyLines
from sms.smtp_server import Security, Server, tls_context
from sms.smtp_wire import Wire, dot_stuff

__all__ = [
    "ProbeResult",
    "Reply",
    "Security",
    "Server",
    "Session",
    "SmtpFailure",
    "dot_stuff",
    "probe",
]

_CLOSING = 421
_EXPECTED = {Phase.MAIL: 250, Phase.RCPT: 250, Phase.DATA: 354}
_FAREWELL_SECONDS = 2.0
_T = TypeVar("_T")


class _State(Enum):
    CLOSED = auto()
    READY = auto()
    DIRTY = auto()
    BODY_SENT = auto()


class Session:
    """One connection, for one e-mail after another. Not safe for use by two tasks at once.

    Every method but `close` and `abort` raises SmtpFailure; cancelling one drops the connection.
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
    def has_8bitmime(self) -> bool:
        return "8BITMIME" in self._extensions

    @property
    def tls_version(self) -> str | None:
        return self._wire.tls_version

    @property
    def usable(self) -> bool:
        """Whether `begin` may be called: the connection stands, and no body awaits its dot."""
        return self._state in {_State.READY, _State.DIRTY} and not self._wire.lost

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

    async def begin(self, *, mail_from: str, mailbox: str, content: bytes, eight_bit: bool) -> None:
        """Everything up to the body, but not the closing dot: nothing can be accepted yet.

        `content` is the message with CRLF breaks, not dot-stuffed. After a refusal of MAIL, RCPT
        or DATA the session stays usable, unless the reply was 421. Raises ValueError for an
        address or content that would break the protocol, and for 8-bit content where the server
        has no 8BITMIME; nothing was written then.
        """
        self._require(self.usable or self._wire.lost)
        commands = self._envelope_commands(mail_from, mailbox, len(content), eight_bit)
        body = dot_stuff(content)
        await self._refuse_unasked_reply(Phase.MAIL)
        if self._state is _State.DIRTY:
            await self.reset()
        self._state = _State.DIRTY
        await self._send_envelope({**commands, Phase.DATA: b"DATA\r\n"})
        await self._bounded(Phase.BODY, self._send(body))
        await self._refuse_unasked_reply(Phase.BODY)
        self._state = _State.BODY_SENT

    async def commit(self) -> Reply:
        """Writes the closing dot and returns the server's answer, whatever it is.

        Raises SmtpFailure in phase DOT when no answer came: the message may or may not have been
        accepted. A connection found lost, or a server found to have spoken, before the dot was
        written fails in phase BODY: nothing was accepted.
        """
        self._require(self._state is _State.BODY_SENT)
        # Lets the event loop notice what came while the caller was busy elsewhere.
        await self._bounded(Phase.BODY, asyncio.sleep(0))
        await self._refuse_unasked_reply(Phase.BODY)
        reply = await self._ask(Phase.DOT, b".\r\n", seconds=self._server.dot_timeout)
        if self._state is not _State.CLOSED:
            self._state = _State.READY
        return reply.shown()

    async def try_addresses(self, *, mail_from: str, mailbox: str) -> tuple[Reply, ...]:
        """The replies to MAIL and RCPT, then RSET: nothing is sent."""
        self._require(self.usable)
        commands = self._envelope_commands(mail_from, mailbox, 0, eight_bit=False)
        self._state = _State.DIRTY
        replies = [await self._command(phase, line, 250) for phase, line in commands.items()]
        await self.reset()
        return tuple(reply.shown() for reply in replies)

    async def reset(self) -> None:
        """Forgets the envelope begun (RSET)."""
        self._require(self.usable or self._wire.lost)
        await self._command(Phase.MAIL, b"RSET\r\n", 250)
        self._state = _State.READY

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
        """Says QUIT where that cannot be taken for a part of the body, and drops the connection.

        Never raises SmtpFailure, and takes two seconds at most.
        """
        try:
            if self.usable:
                await self._ask(Phase.EHLO, b"QUIT\r\n", seconds=_FAREWELL_SECONDS)
        except SmtpFailure:
            return
        finally:
            self.abort()

    def abort(self) -> None:
        """Drops the connection at once; nothing more is written, above all no dot."""
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

    def _envelope_commands(
        self, mail_from: str, mailbox: str, octets: int, eight_bit: bool
    ) -> dict[Phase, bytes]:
        lines = envelope_lines(mail_from, mailbox, eight_bit)
        if eight_bit and not self.has_8bitmime:
            raise ValueError("the server has no 8BITMIME")
        told = octets if "SIZE" in self._extensions and octets else None
        return {Phase.MAIL: lines.mail_command(told), Phase.RCPT: lines.rcpt}

    async def _send_envelope(self, commands: Mapping[Phase, bytes]) -> None:
        """The commands in order; in one go where the server allows it (RFC 2920)."""
        if "PIPELINING" in self._extensions:
            await self._bounded(Phase.MAIL, self._send(b"".join(commands.values())))
            await self._read_envelope_replies(commands)
            return
        for phase, line in commands.items():
            await self._command(phase, line, _EXPECTED[phase])

    async def _read_envelope_replies(self, phases: Iterable[Phase]) -> None:
        """Reads a reply for each phase, lest one be taken for a later answer; raises the first
        refusal."""
        failure: SmtpFailure | None = None
        for phase in phases:
            try:
                reply = await self._answer(phase)
                if failure and phase is Phase.DATA and reply.code == 354:
                    # The server waits for a body that must not come.
                    self.abort()
                self._check(phase, reply, _EXPECTED[phase])
            except SmtpFailure as refusal:
                failure = failure or refusal
            if self._state is _State.CLOSED:
                break
        if failure:
            raise failure

    async def _send(self, data: bytes) -> None:
        self._wire.write(data)
        await self._wire.flush()

    async def _refuse_unasked_reply(self, phase: Phase) -> None:
        """A reply that nobody asked for would be taken for the answer to the next command."""
        if self._wire.silent and not self._wire.lost:
            return
        reply = await self._answer(phase)
        self.abort()
        raise SmtpFailure(phase, reply.shown(), "unasked reply")

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
        if reply.code == _CLOSING:
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
