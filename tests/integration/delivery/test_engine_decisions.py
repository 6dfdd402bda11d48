"""People decide about a message while it is being sent."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.billing.services import balance, top_up
from portal.delivery.decisions import message_cancel, message_pause, message_resume
from portal.delivery.engine import deliver_account
from portal.delivery.models import Claim, Envelope, GatewayAccount, Message, OutboxEntry
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import sweep_outbox
from tests.factories import AdministratorFactory, submit_message
from tests.integration.delivery.engine_run import (
    before_group,
    deliver,
    numbers,
    numbers_in,
    sandbox,
)

MANY = numbers(40)
# Two groups, over two connections.
MOST_BEFORE_THE_THIRD_GROUP = 4


@pytest.fixture
def prepaid(account: GatewayAccount) -> GatewayAccount:
    organisation = account.organisation
    organisation.plan, organisation.price_per_segment = "prepaid", Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    return account


def test_what_is_cancelled_amid_sending_does_not_go_and_its_money_comes_back(
    prepaid: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = submit_message(author, *MANY)
    before_group(monkeypatch, 3, lambda: message_cancel(message=message, actor=author))

    sent = numbers_in(deliver(prepaid))

    counts = message_counts(message.pk)
    assert 0 < counts["accepted"] == sent.total() == len(sent) <= MOST_BEFORE_THE_THIRD_GROUP
    assert counts == {"accepted": len(sent), "cancelled": len(MANY) - len(sent)}
    money = balance(prepaid.organisation)
    assert money.reserved == 0
    assert money.available == Decimal(100) - Decimal("2.50") * len(sent)
    assert not Claim.objects.exists()


def test_a_pause_takes_effect_at_the_next_dot_and_resuming_repeats_nobody(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    message = submit_message(author, *MANY)
    before_group(monkeypatch, 3, lambda: message_pause(message=message, actor=author))

    with sandbox(tmp_path, account, latency_ms=10) as operator:
        deliver_account(account.pk)
        first = Counter(number for letter in operator.letters() for number in letter.numbers)

    assert 0 < first.total() <= MOST_BEFORE_THE_THIRD_GROUP
    assert message_counts(message.pk) == {
        "accepted": first.total(),
        "queued": len(MANY) - first.total(),
    }
    assert deliver(account) == []

    message_resume(message=message, actor=author)
    assert first + numbers_in(deliver(account)) == dict.fromkeys(MANY, 1)
    assert message_counts(message.pk) == {"accepted": len(MANY)}


def test_what_is_too_late_expires_unsent(account: GatewayAccount, author: User) -> None:
    message = submit_message(author, *MANY)
    now = timezone.now()
    Message.objects.update(due_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1))

    assert deliver(account) == []
    sweep_outbox()

    assert message_counts(message.pk) == {"expired": len(MANY)}


def test_what_becomes_too_late_amid_sending_goes_no_further(
    account: GatewayAccount, author: User, tmp_path: Path
) -> None:
    message = submit_message(author, *MANY)
    expires_at = timezone.now() + timedelta(seconds=1)
    Message.objects.update(expires_at=expires_at)

    with sandbox(tmp_path, account, latency_ms=25) as operator:
        deliver_account(account.pk)
        sweep_outbox()
        letters = operator.letters()

    assert 0 < len(letters) < len(MANY)
    assert message_counts(message.pk) == {
        "accepted": len(letters),
        "expired": len(MANY) - len(letters),
    }
    # One group may be on its way at that moment.
    assert max(letter.time for letter in letters) < expires_at + timedelta(seconds=0.5)
    assert not OutboxEntry.objects.exists()


def test_a_cancel_and_a_run_that_meet_at_every_moment_agree_about_every_recipient(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group in range(1, 8):
        message = submit_message(author, *MANY[:12])
        with monkeypatch.context() as patch:
            before_group(patch, group, lambda: message_cancel(message=message, actor=author))  # noqa: B023
            sent = numbers_in(deliver(account))
        states = Envelope.objects.filter(message=message).values_list("number", "state")
        accepted = {MANY[number - 1] for number, state in states if state == "accepted"}
        assert accepted == set(sent)
        assert {state for _number, state in states} <= {"accepted", "cancelled"}
