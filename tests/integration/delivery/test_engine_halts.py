"""Stops and pauses that meet a run of the engine."""

from collections.abc import Callable

import pytest

from portal.accounts.models import User
from portal.delivery import engine, stopping
from portal.delivery.decisions import message_pause, message_resume
from portal.delivery.gateways import gateway_pause, gateway_resume
from portal.delivery.models import Claim, GatewayAccount, Message
from portal.delivery.platform import platform_resume, platform_stop
from portal.delivery.selectors import message_counts
from tests.factories import AdministratorFactory, submit_message
from tests.integration.delivery.engine_run import before_group, deliver, numbers, numbers_in

MANY = numbers(40)
Act = Callable[[Message, User], object]


@pytest.fixture
def message(author: User) -> Message:
    return submit_message(author, *MANY)


def pause_account(message: Message, _author: User) -> None:
    account = GatewayAccount.objects.get(organisation=message.organisation_id)
    gateway_pause(account=account, reason="contract", actor=AdministratorFactory())


def resume_account(message: Message, _author: User) -> None:
    account = GatewayAccount.objects.get(organisation=message.organisation_id)
    gateway_resume(account=account, actor=AdministratorFactory())


def stop_all(_message: Message, _author: User) -> None:
    platform_stop(because="fire", actor=AdministratorFactory())


def resume_all(_message: Message, _author: User) -> None:
    platform_resume(actor=AdministratorFactory())


def pause(message: Message, author: User) -> None:
    message_pause(message=message, actor=author)


def resume(message: Message, author: User) -> None:
    message_resume(message=message, actor=author)


every_halt = pytest.mark.parametrize(
    ("halt", "go_on"), [(pause, resume), (pause_account, resume_account), (stop_all, resume_all)]
)


@every_halt
@pytest.mark.parametrize("group", [1, 3, 6])
def test_no_dot_is_written_after_a_halt_and_afterwards_everybody_gets_it_once(
    account: GatewayAccount,
    message: Message,
    author: User,
    monkeypatch: pytest.MonkeyPatch,
    halt: Act,
    go_on: Act,
    group: int,
) -> None:
    promised: list[int] = []

    def act() -> None:
        halt(message, author)
        promised.append(40 - message_counts(message.pk).get("queued", 0))

    with monkeypatch.context() as patch:
        before_group(patch, group, act)
        first = deliver(account)

    assert [len(first)] == promised
    assert message_counts(message.pk)["queued"] == len(MANY) - len(first)
    assert not Claim.objects.exists()
    assert deliver(account) == []

    go_on(message, author)
    assert numbers_in([*first, *deliver(account)]) == dict.fromkeys(MANY, 1)


@every_halt
@pytest.mark.parametrize("group", [1, 2, 5])
def test_a_halt_of_a_moment_repeats_nobody(
    account: GatewayAccount,
    message: Message,
    author: User,
    monkeypatch: pytest.MonkeyPatch,
    halt: Act,
    go_on: Act,
    group: int,
) -> None:
    def act() -> None:
        halt(message, author)
        go_on(message, author)

    before_group(monkeypatch, group, act)
    letters = deliver(account)
    letters += deliver(account)

    assert numbers_in(letters) == dict.fromkeys(MANY, 1)
    assert message_counts(message.pk) == {"accepted": len(MANY)}


def test_a_run_that_is_told_to_stop_begins_nothing_more_and_rings_for_the_rest(
    account: GatewayAccount, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_told", bytearray(1))
    rung: list[int] = []
    monkeypatch.setattr(engine, "ring", rung.append)
    monkeypatch.setattr(engine, "TICK_SECONDS", 0)

    before_group(monkeypatch, 3, stopping.tell_runs_to_end)
    letters = deliver(account)

    assert len(letters) < len(MANY)
    assert message_counts(message.pk) == {
        "accepted": len(letters),
        "queued": len(MANY) - len(letters),
    }
    assert not Claim.objects.exists()
    assert rung == [account.pk]
