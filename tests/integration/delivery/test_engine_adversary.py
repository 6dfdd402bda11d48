"""Moments at which several things go wrong at once."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery import engine
from portal.delivery.desk import Desk
from portal.delivery.models import ConnectionLease, Envelope, GatewayAccount
from portal.delivery.selectors import message_counts
from tests.factories import MemberFactory, submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, numbers_in
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
