"""A connection that carries e-mails one after another, driven by events (RFC 5321, 2920).

The hot path of sending: no coroutine, timer or task for an e-mail. Everything up to the closing
dot is safe to repeat; `commit` writes the dot, and with it the commands of the e-mail that follows.
"""

import asyncio
from time import monotonic
from typing import Protocol, Self

from sms.lane_mail import Mail
from sms.lane_step import PHASE_OF, STEP_AFTER, WANTED_KIND, Step
from sms.lane_wire import LaneWire
from sms.retry import Phase
from sms.smtp import Session
from sms.smtp_failure import SmtpFailure
from sms.smtp_reply import CLOSING, Reply, shown_reply
from sms.smtp_server import FAREWELL_SECONDS, Server

__all__ = ["Lane", "LaneListener", "Mail", "catch_up"]

# Names of the module are found faster than members of an Enum.
_IDLE, _RSET, _MAIL, _RCPT, _DATA, _BODY, _READY, _DOT, _QUIT, _CLOSED = Step


class LaneListener(Protocol):
    """Hears of each mail begun: `lane_ready` and then one of `lane_answered`, `lane_unanswered` and
    `lane_failed`; or `lane_failed` alone. Of a following mail the same, after the one before it.

    The lane's state is settled when it calls: the listener may call anything of it at once, if its
    properties allow it. It must not raise: the connection would end, and a following mail with it,
    perhaps untold of.
    """

    def lane_ready(self, lane: "Lane", mail: Mail) -> None:
        """The body is written, and nothing but the dot is missing."""

    def lane_answered(self, lane: "Lane", mail: Mail, reply: Reply) -> None:
        """The server's answer to the dot: 2xx, 4xx or 5xx."""

    def lane_failed(self, lane: "Lane", mail: Mail, failure: SmtpFailure) -> None:
        """No dot was written, so it is safe to try again, on this lane if it is `usable`."""

    def lane_unanswered(self, lane: "Lane", mail: Mail, failure: SmtpFailure) -> None:
        """The dot was written and no clear answer will come; phase DOT. The lane is closed."""


class Lane(LaneWire):
    """Takes an open session's connection over. Raises SmtpFailure (phase MAIL) if it is lost, or if
    the server spoke unasked.

    Methods raise RuntimeError when out of order. None of them calls the listener: it hears of what
    went wrong from the event loop (or from `check_time`).
    """

    def __init__(self, session: Session, listener: LaneListener) -> None:
        super().__init__()
        self._server = session.server
        self._listener = listener
        self._has_8bitmime = "8BITMIME" in session.extensions
        self._has_pipelining = "PIPELINING" in session.extensions
        self._has_size = "SIZE" in session.extensions
        self._step = _IDLE
        self._since = 0.0
        self._mail: Mail | None = None
        self._following: Mail | None = None
        self._refusal: SmtpFailure | None = None
        self._is_dirty = False
        self._ends_with_answer = False
        self._farewell: asyncio.Event | None = None
        self._transport = session.hand_over(self)

    @classmethod
    async def open(cls, server: Server, listener: LaneListener) -> Self:
        """Connects and signs in as `Session.open` does. Raises SmtpFailure."""
        session = Session(server)
        await session.open()
        return cls(session, listener)

    @property
    def has_8bitmime(self) -> bool:
        return self._has_8bitmime

    @property
    def usable(self) -> bool:
        """Whether the connection stands and may carry another mail, now or later."""
        is_open = self._step is not _CLOSED and self._step is not _QUIT
        return is_open and not self._ends_with_answer and not self._transport.is_closing()

    @property
    def is_idle(self) -> bool:
        """Whether `begin` may be called."""
        return self._step is _IDLE and not self._transport.is_closing()

    @property
    def is_ready(self) -> bool:
        """Whether `commit` may be called: the dot is withheld."""
        return self._step is _READY and not self._transport.is_closing()

    @property
    def waiting_since(self) -> float | None:
        """The `monotonic` time at which the dot was written that is not answered yet."""
        return self._since if self._step is _DOT else None

    def begin(self, mail: Mail) -> None:
        """Starts a mail on an idle lane. Raises ValueError for 8-bit content where the server has
        no 8BITMIME; nothing was written then."""
        self._require(self._step is _IDLE)
        self._check(mail)
        self._start(mail)

    def commit(self, following: Mail | None = None) -> None:
        """Writes the dot, and behind it the commands of the mail that follows, if there is one;
        where the server has no PIPELINING that one starts when the answer has come.

        Whoever held up the event loop since `lane_ready` lets it `catch_up` first and asks whether
        the lane `is_ready` still. Raises ValueError as `begin` does; no dot was written then.
        """
        self._require(self._step is _READY)
        if following is not None:
            self._check(following)
        self._following = following
        if self._transport.is_closing():
            # The loop is about to tell us that the connection is lost; both mails fail then.
            self._step = _BODY
            return
        self._enter(_DOT)
        if following is not None and self._has_pipelining:
            self._transport.write(b".\r\n" + self._commands(following))
        else:
            self._transport.write(b".\r\n")

    def forget_following(self) -> Mail | None:
        """Takes back the mail that waits behind an answer: nothing of its body is ever written.

        The listener hears no more of it. Where its commands are written already, the connection
        ends with the answer. None if there is no such mail.
        """
        following, self._following = self._following, None
        if following is not None and self._has_pipelining:
            self._ends_with_answer = True
        return following

    def check_time(self, now: float) -> None:
        """Gives up a step that is overdue at the `monotonic` time `now`: `Server.dot_timeout` is
        for the answer to the dot, `timeout` for each step before it."""
        limit = self._server.dot_timeout if self._step is _DOT else self._server.timeout
        if self._step in PHASE_OF and self._step is not _READY and now - self._since >= limit:
            self._break(None, "timed out")

    async def close(self) -> None:
        """Says QUIT if the lane is idle, and drops the connection as `abort` does. Takes two
        seconds at most."""
        try:
            if self.is_idle:
                self._farewell = asyncio.Event()
                self._step = _QUIT
                self._transport.write(b"QUIT\r\n")
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self._farewell.wait()
        except TimeoutError:
            return
        finally:
            self.abort()

    def abort(self) -> None:
        """Drops the connection at once; no more is written, and the listener hears no more."""
        self._mail = self._following = None
        self._drop()

    # What comes in.

    def _heard_reply(self, code: int, data: bytes, start: int, end: int) -> None:
        is_last = end == len(data)
        if self._step is _DOT:
            self._take_answer(shown_reply(data[start:end]), is_last=is_last)
        elif code // 100 == WANTED_KIND.get(self._step):
            self._advance(is_last=is_last)
        else:
            self._refuse(shown_reply(data[start:end]), is_last=is_last)

    def _heard_part(self) -> None:
        # The rest will come; but where no reply is due, the first byte is one too many.
        if self._step is _IDLE or self._step is _READY:
            self._break(None, "unasked reply")

    def _heard_nonsense(self) -> None:
        self._break(None, "unintelligible reply")

    def _lost(self) -> None:
        if self._farewell is not None:
            self._farewell.set()
        self._break(None, "connection closed")

    def _drained(self) -> None:
        if self._step is _BODY and not self._rest and not self._transport.is_closing():
            self._offer()

    # What a reply leads to.

    def _take_answer(self, reply: Reply, *, is_last: bool) -> None:
        if reply.code // 100 == 3:
            self._break(reply, "unclear reply")
            return
        mail = self._mail
        assert mail is not None, "its dot was written"
        self._mail = None
        is_next = self._following is not None and self._has_pipelining
        if reply.code == CLOSING or self._ends_with_answer or not (is_next or is_last):
            self._drop()
            self._listener.lane_answered(self, mail, reply)
            is_closing = reply.code == CLOSING
            self._fail_following(reply if is_closing else None, "connection closed")
            return
        self._go_on()
        self._listener.lane_answered(self, mail, reply)

    def _go_on(self) -> None:
        """After an answer: to the mail that follows."""
        following, self._following = self._following, None
        self._is_dirty = False
        if following is None:
            self._step = _IDLE
        elif self._has_pipelining:
            # Its commands are written.
            self._mail, self._is_dirty = following, True
            self._enter(_MAIL)
        else:
            self._start(following)

    def _advance(self, *, is_last: bool) -> None:
        """The server agreed to the step."""
        if self._step is not _DATA:
            self._enter(STEP_AFTER[self._step])
            if not self._has_pipelining:
                self._ask(is_last=is_last)
        elif self._refusal is not None:
            # The server waits for a body that must not come.
            self._break(None, "refused")
        else:
            self._enter(_BODY)
            # What is left to hear is unasked, and stops the mail.
            if is_last:
                self._send_body()

    def _refuse(self, reply: Reply, *, is_last: bool) -> None:
        """The server did not agree, spoke when it was not its turn, or answers the farewell."""
        if self._step is _QUIT:
            self._lost()
        elif self._step not in WANTED_KIND:
            self._break(reply, "unasked reply")
        elif reply.code == CLOSING or reply.code < 400:
            self._break(reply, "refused")
        else:
            self._refusal = self._refusal or SmtpFailure(PHASE_OF[self._step], reply, "refused")
            if self._has_pipelining and self._step is not _DATA:
                self._enter(STEP_AFTER[self._step])
            else:
                self._give_up_mail(is_last=is_last)

    def _give_up_mail(self, *, is_last: bool) -> None:
        """Every command of the refused mail has its reply, so the connection may go on."""
        mail, failure = self._mail, self._refusal
        assert mail is not None, "it was refused"
        assert failure is not None, "so was the mail"
        self._mail = self._refusal = None
        if is_last:
            self._step = _IDLE
        else:
            self._drop()
        self._listener.lane_failed(self, mail, failure)

    # What the lane writes.

    def _start(self, mail: Mail) -> None:
        self._mail = mail
        must_reset, self._is_dirty = self._is_dirty, True
        self._enter(_RSET if must_reset else _MAIL)
        if self._has_pipelining:
            reset = b"RSET\r\n" if must_reset else b""
            self._transport.write(reset + self._commands(mail))
        else:
            self._ask(is_last=True)

    def _commands(self, mail: Mail) -> bytes:
        lines = mail.lines
        return b"%b%bDATA\r\n" % (lines.mail_command(self._told_size(mail)), lines.rcpt)

    def _ask(self, *, is_last: bool) -> None:
        """Without PIPELINING: the command of the step just entered."""
        if not is_last:
            self._break(None, "unasked reply")
            return
        assert self._mail is not None, "a step is a mail's"
        if self._step is _RSET:
            self._transport.write(b"RSET\r\n")
        elif self._step is _MAIL:
            self._transport.write(self._mail.lines.mail_command(self._told_size(self._mail)))
        elif self._step is _RCPT:
            self._transport.write(self._mail.lines.rcpt)
        else:
            self._transport.write(b"DATA\r\n")

    def _told_size(self, mail: Mail) -> int | None:
        return mail.octets if self._has_size else None

    def _send_body(self) -> None:
        assert self._mail is not None, "a body is a mail's"
        self._transport.write(self._mail.body)
        # A slow reader must not make us pile up what it has not read.
        if not self._is_paused and not self._transport.is_closing():
            self._offer()

    def _offer(self) -> None:
        assert self._mail is not None, "its body is written"
        self._step = _READY
        self._listener.lane_ready(self, self._mail)

    # How it ends.

    def _break(self, reply: Reply | None, reason: str) -> None:
        """Drops the connection and tells what became of the mails on it."""
        step, mail = self._step, self._mail
        self._mail = None
        self._drop()
        if mail is None:
            return
        if step is _DOT:
            failure = SmtpFailure(Phase.DOT, reply, reason)
            self._listener.lane_unanswered(self, mail, failure)
        else:
            failure = self._refusal or SmtpFailure(PHASE_OF[step], reply, reason)
            self._listener.lane_failed(self, mail, failure)
        self._fail_following(None, reason)

    def _fail_following(self, reply: Reply | None, reason: str) -> None:
        following, self._following = self._following, None
        if following is not None:
            failure = SmtpFailure(Phase.MAIL, reply, reason)
            self._listener.lane_failed(self, following, failure)

    def _drop(self) -> None:
        self._step = _CLOSED
        self._transport.abort()

    def _enter(self, step: Step) -> None:
        self._step = step
        self._since = monotonic()

    def _check(self, mail: Mail) -> None:
        if mail.eight_bit and not self._has_8bitmime:
            raise ValueError("the server has no 8BITMIME")

    def _require(self, allowed: bool) -> None:
        if not allowed:
            raise RuntimeError(f"not in step {self._step.name}")


async def catch_up() -> None:
    """Lets the event loop notice what came while it stood still, and tell of it."""
    # One round to hear of it, one to act, one to tell that a connection was lost.
    for _ in range(3):
        await asyncio.sleep(0)
