import asyncio
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sms.retry import Phase, Verdict
from sms.secret import Secret
from sms.smtp import ProbeResult, Security, SmtpFailure, probe
from tests.unit.sms.fake_operator import OBEDIENT, FakeOperator, Script, operator

OFFERED: Script = OBEDIENT | {"EHLO": b"250-operator\r\n250-STARTTLS\r\n250 AUTH PLAIN"}
TlsFiles = tuple[ssl.SSLContext, Path]


def probed(
    script: Script, context: ssl.SSLContext | None, **changes: Any
) -> tuple[ProbeResult, FakeOperator]:
    async def main() -> tuple[ProbeResult, FakeOperator]:
        tls = changes["security"] is Security.TLS
        async with operator(script, context=context, tls=tls) as fake:
            found = await probe(
                replace(fake.server, **changes), mail_from="a@b.example", mailbox="c@d.example"
            )
            return found, fake

    return asyncio.run(main())


def failure_of(script: Script, context: ssl.SSLContext | None, **changes: Any) -> SmtpFailure:
    with pytest.raises(SmtpFailure) as caught:
        probed(script, context, **changes)
    return caught.value


SECURE = [(Security.STARTTLS, Phase.STARTTLS), (Security.TLS, Phase.CONNECT)]


@pytest.mark.parametrize(("security", "_phase"), SECURE)
def test_the_whole_talk_is_encrypted(
    security: Security, _phase: Phase, tls_files: TlsFiles
) -> None:
    context, ca_file = tls_files
    found, fake = probed(
        OFFERED, context, security=security, ca_file=ca_file, user="u", password=Secret("p")
    )
    assert found.tls_version == "TLSv1.3"
    greetings = [command for command in fake.commands if command.startswith(b"EHLO")]
    assert len(greetings) == (2 if security is Security.STARTTLS else 1)
    assert b"AUTH PLAIN AHUAcA==" in fake.commands


@pytest.mark.parametrize(("security", "phase"), SECURE)
def test_an_untrusted_certificate_pauses_the_account(
    security: Security, phase: Phase, tls_files: TlsFiles
) -> None:
    failure = failure_of(OFFERED, tls_files[0], security=security)
    assert (failure.phase, failure.reason) == (phase, "certificate not trusted")
    assert failure.verdict is Verdict.PAUSE_ACCOUNT


@pytest.mark.parametrize(("security", "phase"), SECURE)
def test_a_certificate_for_another_host_pauses_the_account(
    security: Security, phase: Phase, other_host_tls_files: TlsFiles
) -> None:
    context, ca_file = other_host_tls_files
    failure = failure_of(OFFERED, context, security=security, ca_file=ca_file)
    assert (failure.phase, failure.reason) == (phase, "certificate is for another host")
    assert failure.verdict is Verdict.PAUSE_ACCOUNT


def test_a_server_without_starttls_is_never_talked_to_in_the_clear() -> None:
    failure = failure_of(OBEDIENT, None, security=Security.STARTTLS)
    assert (failure.phase, failure.reason) == (Phase.STARTTLS, "STARTTLS not offered")
    assert failure.verdict is Verdict.PAUSE_ACCOUNT


def test_words_injected_before_the_encryption_are_not_believed(tls_files: TlsFiles) -> None:
    context, ca_file = tls_files
    script = OFFERED | {"STARTTLS": b"220 go\r\n250-evil\r\n250 AUTH PLAIN"}
    failure = failure_of(script, context, security=Security.STARTTLS, ca_file=ca_file)
    assert (failure.phase, failure.reason) == (Phase.STARTTLS, "plaintext after STARTTLS")
    assert failure.verdict is Verdict.RETRY


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(b"454 later", Verdict.RETRY), (b"502 no", Verdict.PAUSE_ACCOUNT)],
)
def test_a_refusal_of_starttls_is_told(reply: bytes, verdict: Verdict) -> None:
    failure = failure_of(OFFERED | {"STARTTLS": reply}, None, security=Security.STARTTLS)
    assert failure.phase is Phase.STARTTLS
    assert failure.verdict is verdict


def test_a_server_that_speaks_no_tls_is_retried() -> None:
    async def main() -> None:
        async with operator() as fake:
            server = replace(fake.server, security=Security.TLS)
            await probe(server, mail_from="a@b.example", mailbox="c@d.example")

    with pytest.raises(SmtpFailure, match="connect: TLS handshake failed") as caught:
        asyncio.run(main())
    assert caught.value.verdict is Verdict.RETRY


@pytest.mark.parametrize(("security", "phase"), SECURE)
@pytest.mark.parametrize("content", [None, b"not PEM"])
def test_an_unreadable_authority_file_pauses_the_account(
    security: Security, phase: Phase, content: bytes | None, tmp_path: Path, tls_files: TlsFiles
) -> None:
    ca_file = tmp_path / "missing.pem"
    if content is not None:
        ca_file.write_bytes(content)
    failure = failure_of(OFFERED, tls_files[0], security=security, ca_file=ca_file)
    assert (failure.phase, failure.reason) == (phase, "CA file unreadable")
    assert failure.verdict is Verdict.PAUSE_ACCOUNT
