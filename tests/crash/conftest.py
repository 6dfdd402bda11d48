"""An organisation with a message, the sandbox operator, and workers in processes of their own."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.celery import app
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.tasks import deliver, sweep
from portal.embedded.broker import filesystem_broker
from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from sms.secret import Secret
from tests.crash.processes import Workshop
from tests.factories import (
    OPERATOR_PASSWORD,
    GatewayAccountFactory,
    MemberFactory,
    submit_message,
)

CONNECTIONS = 4
LEASE_SECONDS = 2

Campaign = Callable[[int], Message]


@pytest.fixture
def operator_password() -> Secret:
    return Secret(OPERATOR_PASSWORD)


@pytest.fixture
def operator(tmp_path: Path, operator_password: Secret) -> Iterator[SandboxOperator]:
    account = SandboxAccount("acme", operator_password, None, "email2sms@example.org")
    log = tmp_path / "sandbox" / "letters.jsonl"
    with SandboxOperator([account], log, latency_ms=5, durable=False) as running:
        yield running


@pytest.fixture
def author(transactional_db: None) -> User:
    author: User = MemberFactory(role=Role.MANAGER)
    return author


@pytest.fixture
def account(author: User, operator: SandboxOperator, operator_password: Secret) -> GatewayAccount:
    account: GatewayAccount = GatewayAccountFactory(
        organisation=author.organisation,
        port=operator.port,
        sms_password=operator_password,
        connections=CONNECTIONS,
        numbers_per_email=1,
    )
    return account


@pytest.fixture
def campaign(account: GatewayAccount, author: User) -> Campaign:
    """Submits a message to so many recipients, an envelope for each; no number comes twice."""
    phones = map(str, count(79210000000))

    def submit(recipients: int) -> Message:
        assert account.organisation == author.organisation
        return submit_message(author, *islice(phones, recipients))

    return submit


@pytest.fixture
def workshop(transactional_db: None, tmp_path: Path) -> Iterator[Workshop]:
    """Starts workers on the test's database; none outlives the test."""
    shop = Workshop(tmp_path)
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture(autouse=True)
def doorbell(monkeypatch: pytest.MonkeyPatch, workshop: Workshop, settings: Settings) -> None:
    """Rings of the test's own process go to the workers' broker."""
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = settings.DELIVERY_SMTP_TIMEOUT_SECONDS = 5
    settings.DELIVERY_LEASE_SECONDS = LEASE_SECONDS
    url, options = filesystem_broker(workshop.broker_folder)

    def send(task: str, arguments: tuple[int, ...] = (), **when: Any) -> None:
        with Connection(url, transport_options=options) as connection:
            app.send_task(task, arguments, connection=connection, **when)

    for task in (deliver, sweep):
        monkeypatch.setattr(task, "apply_async", partial(send, task.name))
