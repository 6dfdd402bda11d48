"""The engine where the server, the database or the clock is against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.delivery import engine
from portal.delivery.claims import LOSSES_FORGIVEN, envelopes_claim, leases_sweep
from portal.delivery.engine import deliver_account
from portal.delivery.models import Attempt, Envelope, GatewayAccount
from portal.delivery.selectors import message_counts
from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from sms.secret import Secret
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = tuple(f"7921000{n:04d}" for n in range(20))


@pytest.fixture(autouse=True)
def engine_alone(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for module in ("outbox", "engine"):
        monkeypatch.setattr(f"portal.delivery.{module}.ring", lambda _account_id: None)
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = settings.DELIVERY_SMTP_TIMEOUT_SECONDS = 2


@pytest.fixture
def account() -> GatewayAccount:
    author: User = MemberFactory()
    account: GatewayAccount = GatewayAccountFactory(
        organisation=author.organisation,
        numbers_per_email=1,
        connections=2,
        sms_password=Secret("s3cret"),
    )
    return account


@pytest.fixture
def author(account: GatewayAccount) -> User:
    return account.organisation.members.get()


def deliver(account: GatewayAccount, script: Script) -> list[bytes]:
    with operator_in_thread(script) as operator:
        GatewayAccount.objects.update(port=operator.server.port)
        deliver_account(account.pk)
        return operator.bodies


@pytest.fixture
def slow_operator(account: GatewayAccount, tmp_path: Path) -> Iterator[SandboxOperator]:
    order = SandboxAccount("acme", Secret("s3cret"), None, account.mailbox)
    with SandboxOperator([order], tmp_path / "letters.jsonl", latency_ms=800) as operator:
        GatewayAccount.objects.update(port=operator.port)
        yield operator


def test_a_server_slower_than_the_lease_still_gets_every_letter_once(
    account: GatewayAccount, author: User, slow_operator: SandboxOperator, settings: Settings
) -> None:
    settings.DELIVERY_LEASE_SECONDS = 3
    message = submit_message(author, *NUMBERS[:4])
    deliver_account(account.pk)
    assert message_counts(message.pk) == {"accepted": 4}
    assert len(slow_operator.letters()) == 4


def test_a_server_that_answers_no_dot_does_not_get_the_whole_campaign(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *NUMBERS)
    deliver(account, OBEDIENT | {"DOT": Fault.CLOSE})
    counts = message_counts(message.pk)
    assert counts["uncertain"] <= 6
    assert counts["queued"] == len(NUMBERS) - counts["uncertain"]
    account.refresh_from_db()
    assert account.not_before is not None
    assert account.last_failure


def test_a_hanging_answer_keeps_one_connection_and_leaves_the_others_to_other_workers(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    monkeypatch.setattr(engine, "connections_shrink", lambda lease, *, to: kept.append(to))
    submit_message(author)
    deliver(account, OBEDIENT | {"DOT": Fault.HANG})
    assert set(kept) == {1}


def test_no_dot_is_written_while_the_database_cannot_say_so(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(engine, "pass_point_of_no_return", away)
    message = submit_message(author)
    assert deliver(account, OBEDIENT) == []
    assert message_counts(message.pk) == {"queued": 1}
    assert Attempt.objects.get().reply == "no dot written"


def test_answers_in_hand_outlive_a_database_that_is_away_for_a_moment(
    account: GatewayAccount, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, failures = engine.outcomes_record, iter([OperationalError, OperationalError])

    def flaky(outcomes: object) -> object:
        for failure in failures:
            raise failure("restarting")
        return record(outcomes)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "outcomes_record", flaky)
    message = submit_message(author)
    assert len(deliver(account, OBEDIENT)) == 1
    assert message_counts(message.pk) == {"accepted": 1}


def test_an_envelope_whose_workers_keep_vanishing_waits_longer_and_shows_it(
    account: GatewayAccount, author: User
) -> None:
    submit_message(author)
    for _ in range(LOSSES_FORGIVEN + 1):
        now = timezone.now()
        assert len(envelopes_claim(account_id=account.pk, most=1, now=now).envelopes) == 1
        Envelope.objects.update(lease_until=now)
        assert leases_sweep(now=now) == (1, 0)
    envelope = Envelope.objects.get()
    assert envelope.due_at > timezone.now()
    assert {attempt.reply for attempt in Attempt.objects.all()} == {"worker vanished"}
