"""Moments at which several things go wrong at once."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery import engine
from portal.delivery.answers import outcomes_record
from portal.delivery.claims import Claimed, envelopes_claim
from portal.delivery.decisions import message_pause, message_resume
from portal.delivery.desk import Desk
from portal.delivery.models import (
    Claim,
    ConnectionLease,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
)
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import claims_sweep
from portal.delivery.tries import put_off
from portal.delivery.withdrawal import message_expire
from tests.factories import MemberFactory, submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, numbers_in
from tests.integration.threads import at_once
from tests.unit.sms.fake_operator import OBEDIENT, Fault

MANY = numbers(20)


def test_a_run_without_a_database_ends_though_an_e_mail_waited_behind_a_late_answer(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, failures = engine.accounts_due, [OperationalError("restarting")]

    def away_amid_dots(**named: Any) -> Any:
        if failures and Envelope.objects.filter(state="transmitting").count() == 2:
            raise failures.pop()
        return ask(**named)

    monkeypatch.setattr(engine, "accounts_due", away_amid_dots)
    message = submit_message(author, *MANY)

    bodies = deliver(account, Turning("DOT", Fault.HANG, Fault.HANG))

    assert failures == []
    assert message_counts(message.pk) == {"uncertain": 2, "queued": len(MANY) - 2}
    assert len(numbers_in(bodies)) == 2
    assert not ConnectionLease.objects.exists()


def test_an_account_whose_password_no_key_opens_stops_no_other(
    account: GatewayAccount, author: User
) -> None:
    stranger = MemberFactory()
    submit_message(stranger, MANY[0])
    shut = GatewayAccount.objects.get(organisation=stranger.organisation)
    with connection.cursor() as cursor:
        token = Fernet(Fernet.generate_key()).encrypt(b"s3cret").decode()
        cursor.execute(
            "UPDATE delivery_gatewayaccount SET sms_password = %s WHERE id = %s", [token, shut.pk]
        )
    message = submit_message(author, *MANY)

    deliver(account, Turning("DOT", Fault.HANG))

    assert message_counts(message.pk) == {"accepted": len(MANY) - 1, "uncertain": 1}
    assert Envelope.objects.get(account_id=shut.pk).state == "queued"


def test_a_run_without_a_database_does_not_spin_over_a_connection_that_was_refused(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = 4
    ask, failures, rounds = engine.accounts_due, [OperationalError("restarting")], []

    def away_after_a_refusal(**named: Any) -> Any:
        if failures and Envelope.objects.filter(state="transmitting").count() == 1:
            raise failures.pop()
        return ask(**named)

    def counted(of: Desk, loop_time: float) -> None:
        rounds.append(loop_time)
        take_back(of, loop_time)

    take_back = Desk.take_back_late
    monkeypatch.setattr(engine, "accounts_due", away_after_a_refusal)
    monkeypatch.setattr(Desk, "take_back_late", counted)
    submit_message(author, *MANY)

    silent = OBEDIENT | {"DOT": Fault.HANG}
    deliver(account, Turning("GREETING", b"220 ready", Fault.HANG, then=silent))

    assert failures == []
    assert len(rounds) < 50


def test_a_claim_and_a_sweep_that_find_a_message_too_late_do_not_wait_for_each_other(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *MANY)
    now = timezone.now()
    Message.objects.update(due_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1))
    Envelope.objects.filter(number=1).update(retry_at=now - timedelta(hours=1))
    OutboxEntry.objects.update(next_number=2)
    has_begun, has_claimed = Event(), Event()

    def expire() -> int:
        with transaction.atomic():
            OutboxEntry.objects.select_for_update(no_key=True).get()
            has_begun.set()
            has_claimed.wait(timeout=3)
            return message_expire(message)

    def claim() -> int:
        assert has_begun.wait(timeout=30)
        try:
            return len(envelopes_claim(account_id=account.pk, most=50, now=now).envelopes)
        finally:
            has_claimed.set()

    assert at_once(expire, claim) == [len(MANY), 0]


def test_what_a_vanished_worker_held_is_queued_again_though_an_older_claim_of_it_lives(
    account: GatewayAccount, author: User
) -> None:
    def claim() -> Claimed:
        return envelopes_claim(account_id=account.pk, most=50, now=timezone.now())

    message = submit_message(author, *MANY[:2])
    older = claim()
    message_pause(message=message, actor=author)
    # The older one's holder has no more to do with what was taken away from it.
    outcomes_record([put_off(older.envelopes[0], "no dot written")], now=timezone.now())
    message_resume(message=message, actor=author)
    now = timezone.now()
    Claim.objects.filter(token=claim().token).update(lease_until=now)

    claims_sweep(now=now)

    assert Claim.objects.get().token == older.token
    assert Envelope.objects.filter(retry_at__isnull=False).count() == 2


def test_what_a_run_will_not_send_any_more_waits_for_no_late_answer_of_its_claim(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = 4
    seen: set[int] = set()

    def watched(**named: Any) -> Any:
        if Envelope.objects.filter(state="transmitting").count() == 1:
            seen.add(Envelope.objects.filter(retry_at__isnull=False).count())
        return ask(**named)

    ask = engine.accounts_due
    monkeypatch.setattr(engine, "accounts_due", watched)
    submit_message(author, *MANY[:4])

    deliver(account, Turning("DOT", Fault.HANG, then=OBEDIENT | {"DOT": b"451 later"}))

    assert max(seen) == 3
