"""An operator that slows the portal down, or refuses it."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.delivery.engine import deliver_account
from portal.delivery.models import Envelope, GatewayAccount
from portal.delivery.pace import MOST_REJECTED_IN_A_ROW
from portal.delivery.selectors import message_counts
from tests.factories import submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, sandbox
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT

SLOW_DOWN = [b"421 closing", b"450 busy", b"451 later", b"452 no room"]
SOME = numbers(12)


def state_of(account: GatewayAccount) -> GatewayAccount:
    return GatewayAccount.objects.get(pk=account.pk)


@pytest.mark.parametrize("words", SLOW_DOWN)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DOT"])
def test_an_operator_that_puts_one_e_mail_off_is_given_the_others_and_named_as_slow(
    step: str, words: bytes, account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *SOME)
    script = Turning(step, OBEDIENT[step], OBEDIENT[step], OBEDIENT[step], OBEDIENT[step], words)

    deliver(account, script)

    counts = message_counts(message.pk)
    # Who says 421 closes the connection, under the e-mail that follows too.
    assert counts["queued"] <= (2 if words.startswith(b"421") else 1)
    assert counts == {"accepted": len(SOME) - counts["queued"], "queued": counts["queued"]}
    found = state_of(account)
    assert words.decode() in found.last_failure
    assert not found.is_paused
    assert found.not_before is None
    for waiting in Envelope.objects.filter(state="queued"):
        assert waiting.retry_at is not None
        assert waiting.retry_at > timezone.now() + timedelta(seconds=5)


@pytest.mark.parametrize("words", SLOW_DOWN)
def test_an_operator_that_puts_everything_off_is_left_alone_for_a_while(
    words: bytes, account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *SOME)

    assert len(deliver(account, OBEDIENT | {"DOT": words})) < len(SOME)

    assert message_counts(message.pk) == {"queued": len(SOME)}
    found = state_of(account)
    assert words.decode() in found.last_failure
    assert not found.is_paused
    assert found.not_before is not None
    assert found.not_before > timezone.now() + timedelta(seconds=5)


def test_an_operator_that_takes_e_mails_again_is_no_longer_named_as_slow(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, SOME[0])
    deliver(account, OBEDIENT | {"MAIL": b"451 later"})
    assert state_of(account).failures == 1

    now = timezone.now()
    GatewayAccount.objects.update(not_before=now)
    Envelope.objects.update(retry_at=now)
    deliver(account)

    assert message_counts(message.pk) == {"accepted": 1}
    found = state_of(account)
    assert (found.failures, found.not_before, found.last_failure) == (0, None, "")


def test_a_refused_login_pauses_the_account_and_sends_nothing(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *SOME)

    deliver(account, OBEDIENT | {"MAIL": b"535 who are you"})

    assert "535 who are you" in state_of(account).paused_reason
    assert message_counts(message.pk) == {"queued": len(SOME)}
    assert deliver(account) == []


def test_a_certificate_that_nobody_trusts_pauses_the_account(
    account: GatewayAccount, author: User, tls_files: tuple[ssl.SSLContext, Path]
) -> None:
    message = submit_message(author, *SOME)
    with operator_in_thread(context=tls_files[0], tls=True) as operator:
        GatewayAccount.objects.update(port=operator.server.port, security="tls")
        deliver_account(account.pk)

    assert "certificate not trusted" in state_of(account).paused_reason
    assert operator.bodies == []
    assert message_counts(message.pk) == {"queued": len(SOME)}


def test_one_that_rejects_e_mails_is_neither_slow_nor_paused(
    account: GatewayAccount, author: User, tmp_path: Path
) -> None:
    message = submit_message(author, *SOME)
    with sandbox(tmp_path, account, faults={"554": 1.0}) as operator:
        deliver_account(account.pk)
        assert operator.letters() == []

    assert message_counts(message.pk) == {"rejected": len(SOME)}
    found = state_of(account)
    assert not found.is_paused
    assert found.last_failure == ""


def test_one_that_rejects_e_mail_after_e_mail_pauses_the_account_and_the_rest_is_kept(
    account: GatewayAccount, author: User, tmp_path: Path
) -> None:
    message = submit_message(author, *numbers(60))
    with sandbox(tmp_path, account, faults={"554": 1.0}):
        deliver_account(account.pk)

    counts = message_counts(message.pk)
    assert MOST_REJECTED_IN_A_ROW <= counts["rejected"] <= MOST_REJECTED_IN_A_ROW + 4
    assert counts == {"rejected": counts["rejected"], "queued": 60 - counts["rejected"]}
    assert "554" in state_of(account).paused_reason


def test_after_a_failure_one_e_mail_alone_tries_whether_dots_are_answered_again(
    account: GatewayAccount, author: User, tmp_path: Path
) -> None:
    GatewayAccount.objects.update(failures=1, last_failure="dot: timed out")
    message = submit_message(author, *SOME)
    with sandbox(tmp_path, account, faults={"hang-after-dot": 1.0}):
        deliver_account(account.pk)

    assert message_counts(message.pk) == {"uncertain": 1, "queued": len(SOME) - 1}
    found = state_of(account)
    assert found.failures == 2
    assert found.not_before is not None
