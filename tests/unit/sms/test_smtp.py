import asyncio
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sms.smtp
from sms.retry import Phase, Verdict
from sms.secret import Secret
from sms.smtp import Reply, Security, Server, Session, SmtpFailure, probe
from tests.unit.sms.fake_operator import OBEDIENT, FakeOperator, Fault, Script, run

ADDRESSES = {"mail_from": "a@acme.example", "mailbox": "sms@operator.example"}


def failure_of(script: Script, **changes: Any) -> SmtpFailure:
    """The failure of a probe of an operator that follows the script."""

    async def talk(fake: FakeOperator) -> None:
        await probe(replace(fake.server, **changes), **ADDRESSES)

    with pytest.raises(SmtpFailure) as caught:
        run(talk, script)
    return caught.value


def test_a_probe_sends_nothing() -> None:
    async def talk(fake: FakeOperator) -> None:
        found = await probe(fake.server, **ADDRESSES)
        assert found.extensions == {"PIPELINING": "", "SIZE": "1000000", "8BITMIME": ""}
        assert found.tls_version is None
        assert found.replies == (Reply(250, "ok"), Reply(250, "ok"))

    assert run(talk).commands == [
        b"EHLO localhost",
        b"MAIL FROM:<a@acme.example>",
        b"RCPT TO:<sms@operator.example>",
        b"RSET",
        b"QUIT",
    ]


STEPS = {
    "GREETING": Phase.GREETING,
    "EHLO": Phase.EHLO,
    "MAIL": Phase.MAIL,
    "RCPT": Phase.RCPT,
}


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
    step: str, phase: Phase, code: int, verdict: Verdict
) -> None:
    failure = failure_of(OBEDIENT | {step: f"{code}-no\r\n{code} way".encode()})
    assert (failure.phase, failure.reply) == (phase, Reply(code, "no way"))
    assert failure.verdict is verdict


@pytest.mark.parametrize(("step", "phase"), STEPS.items())
@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.HANG, b"hello", b"999 what", b"25"])
def test_no_clear_reply_is_safe_to_retry(step: str, phase: Phase, fault: bytes | Fault) -> None:
    failure = failure_of(OBEDIENT | {step: fault}, timeout=0.1)
    assert (failure.phase, failure.reply) == (phase, None)
    assert failure.verdict is Verdict.RETRY
    assert failure.reason in {"connection closed", "timed out", "unintelligible reply"}


def test_a_probe_says_goodbye_after_a_refusal() -> None:
    async def talk(fake: FakeOperator) -> None:
        with pytest.raises(SmtpFailure, match="550 nobody"):
            await probe(fake.server, **ADDRESSES)

    assert run(talk, OBEDIENT | {"RCPT": b"550 nobody"}).commands[-1] == b"QUIT"


def test_cancelling_drops_the_connection() -> None:
    async def talk(fake: FakeOperator) -> None:
        opening = asyncio.create_task(Session(fake.server).open())
        while not fake.commands:
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await fake.gone.wait()

    # Half a reply, and then it reads on, so that it notices.
    run(talk, OBEDIENT | {"EHLO": b"250-operator"})


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.HANG, b"554 no", b"421 no"])
def test_a_farewell_never_fails(fault: bytes | Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sms.smtp.FAREWELL_SECONDS", 0.1)

    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        await session.close()
        await session.close()

    assert run(talk, OBEDIENT | {"QUIT": fault}).commands[-1] == b"QUIT"


def test_a_server_that_talks_on_and_on_is_dropped() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        await fake.gone.wait()
        await session.close()

    run(talk, OBEDIENT | {"EHLO": b"250 operator\r\n" + b"250 more\r\n" * 20_000})


@pytest.mark.parametrize(
    "change", [{"mail_from": "a@b>\r\nDATA"}, {"mailbox": "a@b\r\nRCPT TO:<c@d>"}]
)
def test_nothing_can_be_smuggled_into_the_talk(change: dict[str, str]) -> None:
    async def talk(fake: FakeOperator) -> None:
        with pytest.raises(ValueError, match="address"):
            await probe(fake.server, **(ADDRESSES | change))

    assert run(talk).commands == [b"EHLO localhost", b"QUIT"]


def test_steps_out_of_order_are_refused() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        with pytest.raises(RuntimeError):
            await session.try_addresses(**ADDRESSES)
        with pytest.raises(RuntimeError):
            session.hand_over(asyncio.Protocol())
        await session.open()
        with pytest.raises(RuntimeError):
            await session.open()
        session.abort()

    run(talk)


def test_a_session_with_an_envelope_refused_cannot_be_handed_over() -> None:
    async def talk(fake: FakeOperator) -> None:
        session = Session(fake.server)
        await session.open()
        with pytest.raises(SmtpFailure):
            await session.try_addresses(**ADDRESSES)
        with pytest.raises(RuntimeError):
            session.hand_over(asyncio.Protocol())
        session.abort()

    run(talk, OBEDIENT | {"RCPT": b"550 nobody"})


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
        await probe(server, **ADDRESSES)

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
