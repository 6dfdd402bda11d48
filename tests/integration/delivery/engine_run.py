"""Runs of the engine against an operator, and what a test does amid them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from portal.delivery import engine
from portal.delivery.engine import deliver_account
from portal.delivery.models import GatewayAccount
from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from sms.secret import Secret
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script

_NUMBERS = re.compile(rb"PhoneNumber=([0-9,]+)")


def numbers(count: int, first: int = 79210000000) -> list[str]:
    return [str(first + place) for place in range(count)]


def deliver(account: GatewayAccount, script: Script = OBEDIENT) -> list[bytes]:
    """One run against a fake operator; the letters of which it got the dot."""
    with operator_in_thread(script) as operator:
        GatewayAccount.objects.filter(pk=account.pk).update(port=operator.server.port)
        deliver_account(account.pk)
        return operator.bodies


def numbers_in(bodies: Sequence[bytes]) -> Counter[str]:
    """How often each number is in the letters."""
    found = [match for body in bodies for match in _NUMBERS.findall(body)]
    return Counter(number for line in found for number in line.decode().split(","))


@contextmanager
def sandbox(folder: Path, *accounts: GatewayAccount, **options: Any) -> Iterator[SandboxOperator]:
    """A sandbox operator that takes the letters of the accounts."""
    known = [
        SandboxAccount(account.sms_user, account.sms_password or Secret(""), None, account.mailbox)
        for account in accounts
    ]
    with SandboxOperator(known, folder / "letters.jsonl", durable=False, **options) as operator:
        ids = [account.pk for account in accounts]
        GatewayAccount.objects.filter(pk__in=ids).update(port=operator.port)
        yield operator


class Turning(dict[str, bytes | Fault]):
    """A script that gives ``first`` answers to a step, one each time, then those of ``then``."""

    def __init__(self, step: str, *first: bytes | Fault, then: Script = OBEDIENT) -> None:
        super().__init__(then)
        self._step = step
        self._first = list(first)

    def __getitem__(self, step: str) -> bytes | Fault:
        if step == self._step and self._first:
            return self._first.pop(0)
        return super().__getitem__(step)


def before_group(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Do something once, when the bodies of the run's group ``number`` (from 1) are sent and their
    dots withheld."""
    commit, left = engine.group_commit, [number]

    def wrapped(**named: Any) -> Any:
        if named["passing"]:
            left[0] -= 1
            if left[0] == 0:
                act()
        return commit(**named)

    monkeypatch.setattr(engine, "group_commit", wrapped)
