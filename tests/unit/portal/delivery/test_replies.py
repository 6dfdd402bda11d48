"""Every reply gets a sentence that names no protocol."""

import re

import pytest
from django.utils import translation

from portal.delivery.replies import failure_words, reply_words
from sms.retry import Phase


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
        ("letter: control_character", "cannot be written into an e-mail"),
        ("rcpt: 550 no such user", "refused the operator's own mailbox address"),
    ],
)
def test_an_accounts_failure_is_put_in_words(failure: str, words: str) -> None:
    with translation.override("en"):
        assert words in failure_words(failure)


@pytest.mark.parametrize("reason", ["Contract ended", "monday: we move", ""])
def test_what_is_no_failure_has_no_words(reason: str) -> None:
    assert failure_words(reason) == ""
