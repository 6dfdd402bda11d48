"""An operator without a network: it answers at once, and the test decides when that is heard."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from sms.lane import Lane, Mail
from sms.retry import Phase
from sms.smtp import Reply, Security, Server, Session, SmtpFailure
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script

END_OF_BODY = b"\r\n.\r\n"
TIMEOUT, DOT_TIMEOUT = 30.0, 600.0
# What `mail_of(1)` looks like to a server with all extensions.
COMMANDS = (
    b"MAIL FROM:<a@acme.example> BODY=8BITMIME SIZE=24\r\n"
    b"RCPT TO:<sms@operator.example>\r\n"
    b"DATA\r\n"
)
BODY = b"Subject: 1\r\n\r\nhello\r\n..\r\n"
PHASES = {"MAIL": Phase.MAIL, "RCPT": Phase.RCPT, "DATA": Phase.DATA}
both_ways = pytest.mark.parametrize("pipelining", [True, False])


class OperatorOnPaper(asyncio.Transport):
    """The transport and the server behind it. `writes` are what the lane wrote, one by one;
    `said` is what it has not heard yet."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        self.writes: list[bytes] = []
        self.commands: list[bytes] = []
        self.bodies: list[bytes] = []
        # What was said to the dot of each body.
        self.answers: list[bytes] = []
        self.said = bytearray()
        self.is_gone = False
        self.reads_slowly = False
        self.breaks_at_body = False
        self.lane: Lane | None = None
        self._unread = b""
        self._in_body = False
        self._hangs = False

    def write(self, data: Any) -> None:
        assert not self.is_gone, "written to a dropped connection"
        self.writes.append(bytes(data))
        self.is_gone = self._in_body and self.breaks_at_body
        self._unread += data
        self._read()
        if self._in_body and self.reads_slowly and self.lane is not None:
            self.lane.pause_writing()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, Lane)
        self.lane = protocol

    def abort(self) -> None:
        self.is_gone = True

    def is_closing(self) -> bool:
        return self.is_gone

    def _read(self) -> None:
        while True:
            text, end, rest = self._unread.partition(END_OF_BODY if self._in_body else b"\r\n")
            if not end:
                return
            self._unread = rest
            if self._in_body:
                self._in_body = False
                self.bodies.append(text + end)
                self._say("DOT")
            else:
                self.commands.append(text)
                self._say(text[:4].decode())

    def _say(self, step: str) -> None:
        answer = self.script.get(step, b"500 what?")
        self._hangs |= isinstance(answer, Fault)
        if self._hangs or isinstance(answer, Fault):
            return
        self.said += answer + b"\r\n"
        if step == "DOT":
            self.answers.append(answer)
        self._in_body = step == "DATA" and answer.startswith(b"3")

    def speak(self, octets: int | None = None) -> None:
        """Lets the lane hear what was said, and is said to its answers; or the first octets."""
        while self.said:
            part = bytes(self.said[:octets])
            del self.said[:octets]
            self.hear(part)
            if octets is not None:
                return

    def hear(self, data: bytes) -> None:
        assert self.lane is not None
        while data and not self.is_gone:
            room = self.lane.get_buffer(-1)
            part, data = data[: len(room)], data[len(room) :]
            room[: len(part)] = part
            self.lane.buffer_updated(len(part))


class SessionOnPaper(Session):
    """Open already, on a given transport."""

    def __init__(self, transport: asyncio.Transport, extensions: Mapping[str, str]) -> None:
        super().__init__(
            Server("paper", 25, Security.NONE, timeout=TIMEOUT, dot_timeout=DOT_TIMEOUT)
        )
        self._extensions = dict(extensions)
        self._paper = transport

    def hand_over(self, successor: asyncio.BaseProtocol) -> asyncio.Transport:
        self._paper.set_protocol(successor)
        return self._paper


Event = tuple[str, Mail, Reply | SmtpFailure | None]


@dataclass
class Notes:
    """A listener that writes down what it hears."""

    events: list[Event] = field(default_factory=list)

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        self.events.append(("ready", mail, None))

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        self.events.append(("answered", mail, reply))

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        self.events.append(("failed", mail, failure))

    def lane_unanswered(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        self.events.append(("unanswered", mail, failure))

    def of(self, mail: Mail) -> list[str]:
        return [name for name, whose, _ in self.events if whose is mail]

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.events]

    def failure(self, mail: Mail) -> SmtpFailure:
        """The one failure of the mail."""
        (found,) = [what for _, whose, what in self.events if whose is mail and what is not None]
        assert isinstance(found, SmtpFailure)
        return found


@dataclass
class Talk:
    lane: Lane
    operator: OperatorOnPaper
    notes: Notes


def talk_on_paper(
    script: Script | None = None,
    *,
    pipelining: bool = True,
    extensions: Mapping[str, str] | None = None,
    notes: Notes | None = None,
) -> Talk:
    """An idle lane to an operator that follows the script."""
    operator = OperatorOnPaper(dict(OBEDIENT) if script is None else script)
    if extensions is None:
        extensions = {"SIZE": "", "8BITMIME": ""} | ({"PIPELINING": ""} if pipelining else {})
    notes = Notes() if notes is None else notes
    lane = Lane(SessionOnPaper(operator, extensions), notes)
    return Talk(lane, operator, notes)


def mail_of(number: int = 1, *, eight_bit: bool = True) -> Mail:
    content = b"Subject: %d\r\n\r\nhello\r\n.\r\n" % number
    return Mail("a@acme.example", "sms@operator.example", content, eight_bit)


def ready_with(mail: Mail, *, pipelining: bool = True) -> Talk:
    """A talk in which the mail's dot is withheld."""
    talk = talk_on_paper(pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.lane.is_ready
    return talk
