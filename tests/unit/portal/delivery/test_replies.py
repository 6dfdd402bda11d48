"""Every reply gets a sentence that names no protocol."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from portal.delivery.models import GatewayAccount
from portal.delivery.replies import reply_words, trouble_of
from sms.retry import Phase

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("code", [None, 250, 354, 421, 450, 451, 452, 454, 500, 535, 550, 552, 554])
def test_every_phase_and_code_has_words_without_the_protocols(
    phase: Phase, code: int | None
) -> None:
    with translation.override("en"):
        words = reply_words(phase, code, "connection closed")

    assert words.endswith(".")
    assert not re.search(r"SMTP|DATA|RCPT|[0-9]{3}|delivered", words)


def test_without_a_try_there_are_no_words() -> None:
    assert reply_words("", None, "") == ""


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("auth: 535 5.7.8 bad", "did not accept the account's login"),
        ("connect: connection refused", "does not take connections now"),
        ("connect: letter: control_character", "cannot be written into an e-mail"),
        ("rcpt: 550 no such user", "refused the operator's own mailbox address"),
    ],
)
def test_an_accounts_failure_is_put_in_words(failure: str, words: str) -> None:
    with translation.override("en"):
        trouble = trouble_of(GatewayAccount(paused_reason=failure), now=NOW)

    assert trouble is not None
    assert words in trouble.words
    assert (trouble.raw, trouble.is_paused) == (failure, True)


def test_an_administrators_own_reason_stands_as_it_is() -> None:
    trouble = trouble_of(GatewayAccount(paused_reason="Contract ended"), now=NOW)

    assert trouble is not None
    assert (trouble.words, trouble.raw) == ("", "Contract ended")


def test_an_account_waits_until_its_time_and_no_longer() -> None:
    later = NOW + timedelta(minutes=1)
    account = GatewayAccount(not_before=later, last_failure="mail: 421 later")

    trouble = trouble_of(account, now=NOW)

    assert trouble is not None
    assert trouble.until == later
    assert trouble_of(account, now=later) is None


def test_a_healthy_account_has_no_trouble() -> None:
    assert trouble_of(GatewayAccount(), now=NOW) is None
