import asyncio
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sms.smtp
from sms.retry import Phase, Verdict
from sms.secret import Secret
from sms.smtp import Reply, Security, Server, Session, SmtpFailure, probe
from tests.unit.sms.fake_operator import OBEDIENT, PATIENT, FakeOperator, Fault, Script, operator

LETTER = b"Subject: SMS\r\n\r\nhello\r\n.\r\n..\r\n.x\r\n"
ADDRESSES = {"mail_from": "a@acme.example", "mailbox": "sms@operator.example"}
Talk = Callable[[FakeOperator], Coroutine[Any, Any, None]]


def run(talk: Talk, script: Script = OBEDIENT) -> FakeOperator:
    async def main() -> FakeOperator:
        async with operator(script) as fake:
            await talk(fake)
            return fake

    return asyncio.run(main())


async def begun(server: Server, content: bytes = LETTER, *, eight_bit: bool = False) -> Session:
    session = Session(server)
    await session.open()
    await session.begin(**ADDRESSES, content=content, eight_bit=eight_bit)
    return session


def failure_of(script: Script, **changes: Any) -> SmtpFailure:
    """The failure of a whole talk with an operator that follows the script."""

    async def talk(fake: FakeOperator) -> None:
        session = await begun(replace(fake.server, **changes))
        await session.commit()

    with pytest.raises(SmtpFailure) as caught:
        run(talk, script)
    return caught.value


@pytest.mark.parametrize("script", [OBEDIENT, PATIENT])
def test_letters_go_one_after_another_over_one_connection(script: Script) -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        assert not session.usable
        assert await session.commit() == Reply(250, "queued as 1")
        assert session.usable
        await session.begin(**ADDRESSES, content=LETTER, eight_bit=True)
        await session.commit()
        await session.close()

    fake = run(talk, script)
    stuffed = b"Subject: SMS\r\n\r\nhello\r\n..\r\n...\r\n..x\r\n.\r\n"
    assert fake.bodies == [stuffed, stuffed]
    assert fake.commands[-1] == b"QUIT"


def test_mail_says_the_size_and_8bit_where_the_server_knows_them() -> None:
    async def talk(fake: FakeOperator) -> None:
        await begun(fake.server, eight_bit=True)

    size = f" SIZE={len(LETTER)}".encode()
    mail = b"MAIL FROM:<a@acme.example> BODY=8BITMIME"
    assert run(talk).commands[1] == mail + size
    assert run(talk, PATIENT).commands[1] == mail


def test_nothing_is_written_after_the_body_before_commit() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        session.abort()
        await fake.gone.wait()
        assert not session.usable

    assert run(talk).bodies == []


def test_closing_with_a_body_under_way_never_ends_it() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        await session.close()
        await fake.gone.wait()

    fake = run(talk)
    assert fake.bodies == []
    assert b"QUIT" not in fake.commands


STEPS = {
    "GREETING": Phase.GREETING,
    "EHLO": Phase.EHLO,
    "MAIL": Phase.MAIL,
    "RCPT": Phase.RCPT,
    "DATA": Phase.DATA,
}


@pytest.mark.parametrize("base", [OBEDIENT, PATIENT])
@pytest.mark.parametrize(("step", "phase"), STEPS.items())
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (421, Verdict.RETRY),
        (451, Verdict.RETRY),
        (530, Verdict.PAUSE_ACCOUNT),
        (554, Verdict.PAUSE_ACCOUNT),
    ],
)
def test_a_refusal_is_told_with_its_phase_and_reply(
    base: Script, step: str, phase: Phase, code: int, verdict: Verdict
) -> None:
    failure = failure_of(base | {step: f"{code}-no\r\n{code} way".encode()})
    assert (failure.phase, failure.reply) == (phase, Reply(code, "no way"))
    assert failure.verdict is verdict


@pytest.mark.parametrize("base", [OBEDIENT, PATIENT])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.HANG, b"hello", b"999 what", b"25"])
def test_no_answer_before_the_dot_is_safe_to_retry(
    base: Script, step: str, fault: bytes | Fault
) -> None:
    failure = failure_of(base | {step: fault}, timeout=0.1)
    assert (failure.phase, failure.reply) == (STEPS[step], None)
    assert failure.verdict is Verdict.RETRY
    assert failure.reason in {"connection closed", "timed out", "unintelligible reply"}


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.HANG, b"what?", b"999 what"])
def test_no_answer_to_the_dot_is_uncertain(fault: bytes | Fault) -> None:
    failure = failure_of(OBEDIENT | {"DOT": fault}, dot_timeout=0.1)
    assert (failure.phase, failure.reply) == (Phase.DOT, None)
    assert failure.verdict is Verdict.UNCERTAIN


@pytest.mark.parametrize(("code", "usable"), [(250, True), (451, True), (554, True), (421, False)])
def test_any_answer_to_the_dot_is_handed_over(code: int, usable: bool) -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        assert (await session.commit()).code == code
        assert session.usable is usable

    run(talk, OBEDIENT | {"DOT": b"%d so be it" % code})


@pytest.mark.parametrize("base", [OBEDIENT, PATIENT])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_session_refused_before_the_body_can_go_on(base: Script, step: str) -> None:
    script = base | {step: b"451 later"}
    if base is OBEDIENT:
        # With pipelining DATA was sent already; a server with no recipient must refuse it.
        script["DATA"] = b"554 no valid recipients" if step != "DATA" else b"451 later"

    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        with pytest.raises(SmtpFailure, match="451 later"):
            await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        assert session.usable
        script.update(base)
        await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        assert (await session.commit()).code == 250

    assert b"RSET" in run(talk, script).commands


def test_a_server_that_wants_a_body_after_refusing_the_recipient_gets_none() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        with pytest.raises(SmtpFailure) as caught:
            await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        assert caught.value.phase is Phase.RCPT
        assert not session.usable
        await fake.gone.wait()

    assert run(talk, OBEDIENT | {"RCPT": b"550 nobody"}).bodies == []


def test_a_connection_lost_under_the_body_is_safe_to_retry() -> None:
    async def talk(fake: FakeOperator) -> None:
        await begun(fake.server, b"x" * 50_000_000)

    with pytest.raises(SmtpFailure) as caught:
        run(talk, OBEDIENT | {"BODY": Fault.CLOSE})
    assert caught.value.phase is Phase.BODY
    assert caught.value.verdict is Verdict.RETRY


def test_a_connection_known_to_be_lost_never_gets_a_dot() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        await fake.gone.wait()
        await session.commit()

    with pytest.raises(SmtpFailure) as caught:
        run(talk, OBEDIENT | {"BODY": Fault.CLOSE})
    assert caught.value.phase is Phase.BODY


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(b"421 leaving", Verdict.RETRY), (b"552 too big", Verdict.PAUSE_ACCOUNT)],
)
def test_a_reply_before_the_dot_stops_the_letter(reply: bytes, verdict: Verdict) -> None:
    async def talk(fake: FakeOperator) -> None:
        await begun(fake.server, b"x\r\n" * 20_000_000)

    with pytest.raises(SmtpFailure) as caught:
        run(talk, OBEDIENT | {"BODY": reply})
    assert caught.value.phase is Phase.BODY
    assert str(caught.value.reply).encode() == reply
    assert caught.value.verdict is verdict


def test_a_reply_that_nobody_asked_for_is_not_taken_for_the_next_answer() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        await session.commit()
        with pytest.raises(SmtpFailure, match="unasked reply") as caught:
            await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        assert caught.value.reply == Reply(250, "again")

    run(talk, OBEDIENT | {"DOT": b"250 ok\r\n250 again"})


def test_cancelling_drops_the_connection() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = await begun(fake.server)
        committing = asyncio.create_task(session.commit())
        while not fake.bodies:
            await asyncio.sleep(0)
        committing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await committing
        assert not session.usable

    run(talk, OBEDIENT | {"DOT": Fault.HANG})


@pytest.mark.parametrize("fault", [Fault.CLOSE, b"554 no", b"421 no"])
def test_a_farewell_never_fails(fault: bytes | Fault) -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        await session.close()
        await session.close()

    assert run(talk, OBEDIENT | {"QUIT": fault}).commands[-1] == b"QUIT"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mail_from": "a@b>\r\nDATA"}, "address"),
        ({"mailbox": "a@b\r\nRCPT TO:<c@d>"}, "address"),
        ({"content": b"a\n.\nMAIL FROM:<x@y>\r\n"}, "bare"),
        ({"content": b"a\r.\r\n"}, "bare"),
    ],
)
def test_nothing_can_be_smuggled_into_the_talk(change: dict[str, Any], message: str) -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        letter: dict[str, Any] = {**ADDRESSES, "content": LETTER, "eight_bit": False, **change}
        with pytest.raises(ValueError, match=message):
            await session.begin(**letter)
        assert session.usable

    assert len(run(talk).commands) == 1


def test_8bit_content_is_refused_where_the_server_cannot_carry_it() -> None:
    async def talk(fake: FakeOperator) -> None:
        with pytest.raises(ValueError, match="8BITMIME"):
            await begun(fake.server, eight_bit=True)

    run(talk, OBEDIENT | {"EHLO": b"250 operator"})


def test_steps_out_of_order_are_refused() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        with pytest.raises(RuntimeError):
            await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        await session.open()
        with pytest.raises(RuntimeError):
            await session.open()
        with pytest.raises(RuntimeError):
            await session.commit()
        await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)
        with pytest.raises(RuntimeError):
            await session.begin(**ADDRESSES, content=LETTER, eight_bit=False)

    run(talk)


def test_a_refused_connection_and_an_unknown_host_are_retried() -> None:
    async def talk(fake: FakeOperator) -> None:
        for host, reason in (("127.0.0.1", "connection refused"), ("no.invalid", "unknown")):
            with pytest.raises(SmtpFailure, match=reason) as caught:
                await Session(Server(host, 1, Security.NONE, timeout=5)).open()
            assert caught.value.phase is Phase.CONNECT
            assert caught.value.verdict is Verdict.RETRY

    run(talk)


PASSWORD = "pass-wörd"
CORE = Path(sms.smtp.__file__).parent


@pytest.mark.parametrize("mechanisms", [b"PLAIN LOGIN", b"LOGIN"])
def test_the_session_signs_in(mechanisms: bytes) -> None:
    async def talk(fake: FakeOperator) -> None:
        server = replace(fake.server, user="acme", password=Secret(PASSWORD))
        await (await begun(server)).commit()

    fake = run(talk, OBEDIENT | {"EHLO": b"250-operator\r\n250 AUTH " + mechanisms})
    if mechanisms == b"LOGIN":
        assert fake.commands[1:4] == [b"AUTH LOGIN", b"YWNtZQ==", b"cGFzcy13w7ZyZA=="]
    else:
        assert fake.commands[1] == b"AUTH PLAIN AGFjbWUAcGFzcy13w7ZyZA=="


def test_a_server_without_a_known_way_to_sign_in_is_the_accounts_fault() -> None:
    failure = failure_of(OBEDIENT, user="acme", password=Secret(PASSWORD))
    assert (failure.phase, failure.reason) == (Phase.AUTH, "AUTH not offered")
    assert failure.verdict is Verdict.PAUSE_ACCOUNT


@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN"])
@pytest.mark.parametrize(
    "reply",
    [
        "535 acme: bad password pass-wörd cGFzcy13w7ZyZA== AGFjbWUAcGFzcy13w7ZyZA==".encode(),
        "454 pass-wörd later".encode(),
        Fault.CLOSE,
        Fault.HANG,
        b"what?",
    ],
)
def test_no_failure_to_sign_in_shows_the_password(mechanism: bytes, reply: bytes | Fault) -> None:
    script = OBEDIENT | {
        "EHLO": b"250-operator\r\n250 AUTH " + mechanism,
        "AUTH": reply,
        "PASSWORD": reply,
    }
    failure = failure_of(script, user="acme", password=Secret(PASSWORD), timeout=0.2)
    assert failure.phase is Phase.AUTH
    trace = traceback.TracebackException.from_exception(failure, capture_locals=True)
    frames = [frame for frame in trace.stack if Path(frame.filename).parent == CORE]
    assert len(frames) > 3
    shown = f"{failure} {failure!r} {[frame.locals for frame in frames]}"
    for spelling in (PASSWORD, "cGFzcy13w7ZyZA", "AGFjbWUAcGFzcy13w7ZyZA", r"pass-w\xc3\xb6rd"):
        assert spelling not in shown


@pytest.mark.parametrize("change", [{"helo": "a\r\nb"}, {"helo": ""}, {"user": "acme"}])
def test_a_server_described_wrongly_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"helo|user"):
        Server("h", 25, Security.NONE, **change)


def test_a_probe_sends_nothing() -> None:
    async def talk(fake: FakeOperator) -> None:
        found = await probe(fake.server, **ADDRESSES)
        assert found.extensions == {"PIPELINING": "", "SIZE": "1000000", "8BITMIME": ""}
        assert found.tls_version is None
        assert found.replies == (Reply(250, "ok"), Reply(250, "ok"))

    fake = run(talk)
    verbs = [command[:4] for command in fake.commands]
    assert verbs == [b"EHLO", b"MAIL", b"RCPT", b"RSET", b"QUIT"]


def test_a_probe_tells_what_was_refused() -> None:
    async def talk(fake: FakeOperator) -> None:
        with pytest.raises(SmtpFailure, match="550 nobody") as caught:
            await probe(fake.server, **ADDRESSES)
        assert caught.value.phase is Phase.RCPT

    assert run(talk, OBEDIENT | {"RCPT": b"550 nobody"}).commands[-1] == b"QUIT"
