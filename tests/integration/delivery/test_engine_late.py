"""An operator that is slow to answer a dot."""

from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery import desk, engine
from portal.delivery.engine import deliver_account
from portal.delivery.models import ConnectionLease, Envelope, GatewayAccount, SweepMark
from portal.delivery.selectors import message_counts
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.delivery.engine_run import Turning, deliver, numbers, numbers_in, sandbox
from tests.unit.sms.fake_operator import OBEDIENT, PATIENT, Fault, Script

DOT_TIMEOUT = 4
SOME = numbers(12)


@pytest.fixture(autouse=True)
def patience(engine_alone: None, settings: Settings) -> None:
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = DOT_TIMEOUT


@pytest.mark.parametrize("server", [OBEDIENT, PATIENT])
def test_an_answer_that_does_not_come_holds_up_its_own_e_mail_alone(
    server: Script, account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *SOME)

    bodies = deliver(account, Turning("DOT", Fault.HANG, then=server))

    assert message_counts(message.pk) == {"accepted": len(SOME) - 1, "uncertain": 1}
    assert numbers_in(bodies) == dict.fromkeys(SOME, 1)
    hung = Envelope.objects.get(state="uncertain")
    settled = Envelope.objects.filter(state="accepted").values_list("answered_at", flat=True)
    assert hung.transmitting_at is not None
    assert all(at and (at - hung.transmitting_at).total_seconds() < 2.5 for at in settled)


def test_connections_that_wait_for_no_answer_are_given_back(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    resize = desk.connections_resize

    def watched(lease: ConnectionLease, **named: object) -> None:
        resize(lease, **named)  # type: ignore[arg-type]
        kept.append(lease.connections)

    monkeypatch.setattr(desk, "connections_resize", watched)
    submit_message(author, *SOME)

    deliver(account, Turning("DOT", Fault.HANG))

    assert 1 in kept


def test_an_answer_that_comes_late_is_believed(
    account: GatewayAccount, author: User, tmp_path: Path
) -> None:
    message = submit_message(author, *SOME[:3])

    with sandbox(tmp_path, account, faults={"slow-reply": 1.0}) as operator:
        deliver_account(account.pk)
        assert len(operator.letters()) == 3

    assert message_counts(message.pk) == {"accepted": 3}


def test_a_run_kept_by_a_late_answer_sweeps_and_has_notices_mailed(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(engine, "RUN_SECONDS", 2)
    settings.SWEEP_SECONDS = settings.NOTICES_SECONDS = 1
    manager = MemberFactory(role=Role.MANAGER)
    GatewayAccountFactory(organisation=manager.organisation, paused_reason="auth: 535 no")
    submit_message(author, *SOME)

    deliver(account, Turning("DOT", Fault.HANG))

    assert SweepMark.objects.exists()
    assert [letter.to for letter in mail.outbox] == [[manager.email]]
