"""Moments at which several things go wrong at once."""

from typing import Any

import pytest
from django.db import OperationalError

from portal.accounts.models import User
from portal.delivery import engine
from portal.delivery.models import ConnectionLease, Envelope, GatewayAccount
from portal.delivery.selectors import message_counts
from tests.factories import submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, numbers_in
from tests.unit.sms.fake_operator import Fault

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
