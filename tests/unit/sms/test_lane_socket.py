"""A lane over a real connection, plain and encrypted."""

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sms.lane import Lane, Mail, catch_up
from sms.retry import Phase, Verdict
from sms.smtp import Reply, Security, Server, Session, SmtpFailure
from tests.unit.sms.fake_operator import (
    OBEDIENT,
    PATIENT,
    FakeOperator,
    Fault,
    Script,
    operator,
    run,
)
from tests.unit.sms.lane_sender import Sender
from tests.unit.sms.operator_on_paper import Notes, SessionOnPaper, mail_of

BIG = Mail("a@acme.example", "sms@operator.example", b"x\r\n" * 10_000_000, eight_bit=True)


class Holder(Notes):
    """Withholds the dot."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        super().lane_ready(lane, mail)
        self.news.set()

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        super().lane_failed(lane, mail, failure)
        self.news.set()


async def sent(fake: FakeOperator, mails: list[Mail], **changes: Any) -> Sender:
    """Sends the mails over one lane, says goodbye, and gives back what was heard."""
    sender = Sender(mails)
    await sender.send_over(await Lane.open(replace(fake.server, **changes), sender))
    return sender


@pytest.mark.parametrize("script", [OBEDIENT, PATIENT])
def test_mails_go_one_after_another_over_one_connection(script: Script) -> None:
    mails = [mail_of(number) for number in range(20)]

    async def talk(fake: FakeOperator) -> None:
        sender = await sent(fake, list(mails))
        assert sender.names == ["ready", "answered"] * 20

    fake = run(talk, script)
    assert fake.bodies == [mail.body + b".\r\n" for mail in mails]
    assert fake.commands[0] == b"EHLO localhost"
    assert fake.commands[-1] == b"QUIT"


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_mails_go_encrypted(security: Security, tls_files: tuple[ssl.SSLContext, Path]) -> None:
    context, ca_file = tls_files
    # Longer than one read, in one reply of many lines.
    answer = b"250-" + b"x" * 3000 + b"\r\n250-" + b"y" * 3000 + b"\r\n250 ok"
    greeting = b"250-operator\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 8BITMIME"
    script = OBEDIENT | {"DOT": answer, "EHLO": greeting}

    async def main() -> FakeOperator:
        tls = security is Security.TLS
        async with asyncio.timeout(10), operator(script, context=context, tls=tls) as fake:
            mails = [mail_of(1), mail_of(2)]
            sender = await sent(fake, mails, security=security, ca_file=ca_file)
            assert sender.names == ["ready", "answered"] * 2
            return fake

    assert len(asyncio.run(main()).bodies) == 2


async def lane_by_hand(listener: Notes) -> tuple[Lane, socket.socket]:
    """A lane, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    session = SessionOnPaper(transport, {"PIPELINING": "", "8BITMIME": ""})
    return Lane(session, listener), theirs


COMMANDS = b"MAIL FROM:<a@acme.example> BODY=8BITMIME\r\nRCPT TO:<sms@operator.example>\r\nDATA\r\n"
GO_ON = b"250 ok\r\n250 ok\r\n354 go on\r\n"


def test_a_slow_reader_is_waited_for() -> None:
    async def main() -> None:
        holder = Holder()
        lane, theirs = await lane_by_hand(holder)
        theirs.sendall(GO_ON)
        lane.begin(BIG)
        await catch_up()
        assert len(theirs.recv(1 << 20)) > len(COMMANDS)
        assert not lane.is_ready
        theirs.setblocking(False)
        while not holder.news.is_set():
            await asyncio.get_running_loop().sock_recv(theirs, 1 << 20)
        assert lane.is_ready
        lane.abort()
        theirs.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("word", "reply"), [(Fault.CLOSE, None), (b"552 too big", Reply(552, "too big"))]
)
def test_a_server_that_breaks_off_amid_the_body_gets_no_dot(
    word: bytes | Fault, reply: Reply | None
) -> None:
    async def talk(fake: FakeOperator) -> None:
        holder = Holder()
        lane = await Lane.open(fake.server, holder)
        lane.begin(BIG)
        await holder.news.wait()
        failure = holder.failure(BIG)
        assert (failure.phase, failure.reply) == (Phase.BODY, reply)
        assert not lane.usable

    assert run(talk, OBEDIENT | {"BODY": word}).bodies == []


@pytest.mark.parametrize("last_word", [b"", b"421 leaving\r\n"])
def test_what_came_while_the_loop_stood_still_is_noticed_before_the_dot(last_word: bytes) -> None:
    mail = mail_of()

    async def main() -> None:
        holder = Holder()
        lane, theirs = await lane_by_hand(holder)
        theirs.sendall(GO_ON)
        lane.begin(mail)
        await holder.news.wait()
        assert lane.is_ready
        theirs.sendall(last_word)
        theirs.close()
        assert lane.is_ready
        await catch_up()
        assert not lane.is_ready
        assert holder.failure(mail).phase is Phase.BODY

    asyncio.run(main())


def test_a_connection_closed_after_the_dot_is_uncertain() -> None:
    first, second = mail_of(1), mail_of(2)

    async def talk(fake: FakeOperator) -> None:
        sender = await sent(fake, [first, second])
        assert sender.names == ["ready", "unanswered", "failed"]
        assert sender.failure(first).verdict is Verdict.UNCERTAIN
        assert sender.failure(second).verdict is Verdict.RETRY

    run(talk, OBEDIENT | {"DOT": Fault.CLOSE})


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.HANG, b"554 no", b"22"])
def test_a_farewell_never_fails(fault: bytes | Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sms.lane.FAREWELL_SECONDS", 0.1)

    async def talk(fake: FakeOperator) -> None:
        lane = await Lane.open(fake.server, Notes())
        await lane.close()
        await lane.close()

    assert run(talk, OBEDIENT | {"QUIT": fault}).commands[-1] == b"QUIT"


def test_closing_with_a_body_under_way_never_ends_it() -> None:
    async def talk(fake: FakeOperator) -> None:
        holder = Holder()
        lane = await Lane.open(fake.server, holder)
        lane.begin(mail_of())
        await holder.news.wait()
        await lane.close()
        await fake.gone.wait()
        assert holder.names == ["ready"]

    fake = run(talk)
    assert fake.bodies == []
    assert b"QUIT" not in fake.commands


@pytest.mark.parametrize("last_word", [b"", b"421 leaving\r\n"])
def test_a_session_that_is_lost_or_spoken_to_cannot_be_taken_over(last_word: bytes) -> None:
    gone = asyncio.Event()

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.readline()
        writer.write(b"250 operator\r\n" + last_word)
        if last_word:
            await reader.read()
        writer.close()
        gone.set()

    async def main() -> None:
        async with await asyncio.start_server(leave, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            session = Session(Server("127.0.0.1", port, Security.NONE))
            await session.open()
            if not last_word:
                await gone.wait()
                await catch_up()
            with pytest.raises(SmtpFailure, match="connection closed") as caught:
                Lane(session, Notes())
            assert caught.value.phase is Phase.MAIL
            await gone.wait()
            await catch_up()

    asyncio.run(main())


def test_a_session_taken_over_is_closed_and_leaves_the_connection_alone() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        lane = Lane(session, Notes())
        with pytest.raises(RuntimeError):
            Lane(session, Notes())
        await session.close()
        session.abort()
        await catch_up()
        assert lane.is_idle
        await lane.close()

    assert run(talk).commands[-1] == b"QUIT"


def test_a_lane_that_cannot_be_opened_says_why() -> None:
    async def talk(fake: FakeOperator) -> None:
        with pytest.raises(SmtpFailure, match="554 no"):
            await Lane.open(fake.server, Notes())

    run(talk, OBEDIENT | {"GREETING": b"554 no"})
