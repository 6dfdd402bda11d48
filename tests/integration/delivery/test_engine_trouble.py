"""The engine where the server, the database or the clock is against it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery import engine
from portal.delivery.claims import envelopes_claim
from portal.delivery.engine import deliver_account
from portal.delivery.models import Attempt, Claim, Envelope, GatewayAccount
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import LOSSES_FORGIVEN, claims_sweep, sweep_outbox
from tests.factories import submit_message
from tests.integration.delivery.engine_run import (
    before_group,
    deliver,
    numbers,
    numbers_in,
    sandbox,
)
from tests.unit.sms.fake_operator import OBEDIENT, Fault

MANY = numbers(20)
EARLIER = datetime(2020, 1, 1, tzinfo=UTC)


def make_all_due() -> None:
    now = timezone.now()
    Envelope.objects.filter(retry_at__gt=now).update(retry_at=now)
    GatewayAccount.objects.update(not_before=None)


def test_a_server_slower_than_the_lease_still_gets_every_letter_once(
    account: GatewayAccount, author: User, tmp_path: Path, settings: Settings
) -> None:
    settings.DELIVERY_LEASE_SECONDS = 3
    message = submit_message(author, *MANY[:4])
    with sandbox(tmp_path, account, latency_ms=800) as operator:
        deliver_account(account.pk)
        assert message_counts(message.pk) == {"accepted": 4}
        assert len(operator.letters()) == 4


def test_a_server_that_answers_no_dot_does_not_get_the_whole_campaign(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *MANY)
    deliver(account, OBEDIENT | {"DOT": Fault.CLOSE})
    counts = message_counts(message.pk)
    assert counts["uncertain"] <= 6
    assert counts["queued"] == len(MANY) - counts["uncertain"]
    account.refresh_from_db()
    assert account.not_before is not None
    assert account.last_failure


def test_no_dot_is_written_while_the_database_cannot_say_so(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(engine, "group_commit", away)
    message = submit_message(author, MANY[0])
    assert deliver(account) == []
    assert message_counts(message.pk) == {"queued": 1}
    assert Attempt.objects.get().reply == "no dot written"


def test_no_dot_is_written_where_the_promise_was_committed_but_nobody_said_so(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = engine.group_commit

    def lost_afterwards(**named: Any) -> None:
        commit(**named)
        raise OperationalError("the connection is lost")

    message = submit_message(author, *MANY[:2])
    with monkeypatch.context() as patch:
        patch.setattr(engine, "group_commit", lost_afterwards)
        assert deliver(account) == []
    assert message_counts(message.pk) == {"queued": 2}

    make_all_due()
    assert numbers_in(deliver(account)) == dict.fromkeys(MANY[:2], 1)
    assert message_counts(message.pk) == {"accepted": 2}


def test_answers_that_were_committed_but_nobody_said_so_stay_what_they_are(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, failures = engine.group_commit, [OperationalError]

    def lost_afterwards(**named: Any) -> Any:
        passed = commit(**named)
        if named["outcomes"] and failures:
            raise failures.pop()("the connection is lost")
        return passed

    message = submit_message(author, *MANY)
    monkeypatch.setattr(engine, "group_commit", lost_afterwards)
    first = deliver(account)
    make_all_due()
    second = deliver(account)
    assert first
    assert numbers_in([*first, *second]) == dict.fromkeys(MANY, 1)
    assert message_counts(message.pk) == {"accepted": len(MANY)}


def test_answers_in_hand_outlive_a_database_that_is_away_for_a_moment(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, record = engine.group_commit, engine.outcomes_record
    failures = [OperationalError, OperationalError]

    def away_with_answers(**named: Any) -> Any:
        if named["outcomes"]:
            raise OperationalError("restarting")
        return commit(**named)

    def flaky(*arguments: Any, **named: Any) -> None:
        if failures:
            raise failures.pop()("restarting")
        record(*arguments, **named)

    monkeypatch.setattr(engine, "group_commit", away_with_answers)
    monkeypatch.setattr(engine, "outcomes_record", flaky)
    message = submit_message(author, MANY[0])
    assert len(deliver(account)) == 1
    assert failures == []
    assert message_counts(message.pk) == {"accepted": 1}


def test_a_group_whose_claim_ran_out_writes_no_dot_and_is_sent_later(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = submit_message(author, *MANY[:2])
    with monkeypatch.context() as patch:
        before_group(patch, 1, lambda: Claim.objects.update(lease_until=EARLIER))
        # The same run may claim it anew.
        letters = deliver(account)

    sweep_outbox()
    make_all_due()
    assert numbers_in([*letters, *deliver(account)]) == dict.fromkeys(MANY[:2], 1)
    assert message_counts(message.pk) == {"accepted": 2}


def test_a_group_that_another_run_claimed_meanwhile_writes_no_dot(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_claim() -> None:
        now = timezone.now()
        Claim.objects.update(lease_until=now)
        assert claims_sweep(now=now) == (2, 0)
        assert len(envelopes_claim(account_id=account.pk, most=9, now=now).envelopes) == 2

    message = submit_message(author, *MANY[:2])
    before_group(monkeypatch, 1, lose_the_claim)
    assert deliver(account) == []
    assert message_counts(message.pk) == {"queued": 2}
    assert Claim.objects.count() == 1, "the other run's"


def test_an_envelope_whose_workers_keep_vanishing_waits_longer_and_shows_it(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author, MANY[0])
    for _ in range(LOSSES_FORGIVEN + 1):
        now = timezone.now()
        assert len(envelopes_claim(account_id=account.pk, most=1, now=now).envelopes) == 1
        Claim.objects.update(lease_until=now)
        assert claims_sweep(now=now) == (1, 0)
    envelope = Envelope.objects.get()
    assert envelope.retry_at is not None
    assert envelope.retry_at > timezone.now() + timedelta(seconds=20)
    assert envelope.tries == LOSSES_FORGIVEN + 1


def test_a_lane_that_comes_to_its_dot_during_a_commit_is_of_the_next_group(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commit = engine.group_commit

    def slow(**named: Any) -> Any:
        time.sleep(0.01)
        return commit(**named)

    monkeypatch.setattr(engine, "group_commit", slow)
    message = submit_message(author, *MANY)
    with sandbox(tmp_path, account, latency_ms=2) as operator:
        deliver_account(account.pk)
        assert len(operator.letters()) == len(MANY)
    assert message_counts(message.pk) == {"accepted": len(MANY)}
    assert not Attempt.objects.exists()
