"""Workers on two hosts, an operator both can reach, and organisations that send through it."""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.selectors import is_settled, message_counts
from portal.embedded.sandbox import SandboxAccount, SandboxOperator
from portal.senders.models import SenderName
from sms.secret import Secret
from tests.factories import (
    OPERATOR_PASSWORD,
    GatewayAccountFactory,
    MemberFactory,
    SenderNameFactory,
)
from tests.machines.brokers import Broker
from tests.machines.deployment import Deployment
from tests.machines.doorway import Doorway
from tests.machines.hosts import hosts
from tests.patience import until

HUB = os.environ.get("PORTAL_TEST_HUB")
# Long enough for a message to be amid its sending when something happens.
LATENCY_MS = 60
_LOCAL = "127.0.0.1"
_phones = map(str, count(79210000000))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)
            if settings.EMBEDDED:
                item.add_marker(pytest.mark.skip(reason="DATABASE_URL is not set"))


@pytest.fixture(scope="module", params=Broker)
def broker(request: pytest.FixtureRequest) -> Broker:
    kind: Broker = request.param
    if kind.url is None:
        pytest.skip(f"{kind} is not running")
    return kind


@pytest.fixture(scope="module")
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A new one on the same server, whose rows are committed for all processes to see."""
    name, usual = f"portal_{uuid.uuid4().hex}", connection.settings_dict["NAME"]
    with (
        django_db_blocker.unblock(),
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server,
    ):
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            _turn_to(name)
            call_command("migrate", verbosity=0)
            yield
        finally:
            _turn_to(usual)
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _turn_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@pytest.fixture(scope="module")
def deployment(
    broker: Broker, database: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    assert broker.url is not None
    folder = tmp_path_factory.mktemp(broker)
    with hosts("host-a", "host-b", hub=HUB) as joined:
        deployed = Deployment(joined, HUB or _LOCAL, broker.url, folder)
        with deployed.running():
            yield deployed
        assert OPERATOR_PASSWORD not in deployed.logs()


@pytest.fixture
def wire() -> None:
    """For tests that pull it."""
    if HUB is None:
        pytest.skip("hosts are plain processes here: no network of one's own was to be had")


@dataclass(frozen=True)
class Campaigner:
    """An organisation's author with a gateway account of his own; every number is new."""

    author: User
    sender: str
    deployment: Deployment
    operator: SandboxOperator
    doorway: Doorway

    def send(self, recipients: int) -> "Campaign":
        numbers = list(islice(_phones, recipients))
        return Campaign(self, numbers, self.deployment.send(self.author, self.sender, numbers))


@dataclass(frozen=True)
class Campaign:
    """A message of one-number e-mails."""

    campaigner: Campaigner
    numbers: list[str]
    message_id: int

    def sent(self) -> list[str]:
        """The operator's own list, in its order."""
        wanted = set(self.numbers)
        letters = self.campaigner.operator.letters()
        return [phone for letter in letters for phone in letter.numbers if phone in wanted]

    def await_sent(self, number: int) -> None:
        until(lambda: len(self.sent()) >= number)

    def await_end(self, patience: float = 120.0) -> Mapping[str, int]:
        """Its counts, once nothing of it is queued or under way."""
        until(lambda: is_settled(message_counts(self.message_id)), patience=patience)
        return message_counts(self.message_id)


Campaigning = Callable[..., Campaigner]


@pytest.fixture
def campaigner(deployment: Deployment, tmp_path: Path) -> Iterator[Campaigning]:
    """Makes organisations with the gateway account's fields as given."""
    mailbox = SandboxAccount("acme", Secret(OPERATOR_PASSWORD), None, "email2sms@example.org")
    log = tmp_path / "letters.jsonl"
    with (
        SandboxOperator(
            [mailbox], log, host=deployment.hub, latency_ms=LATENCY_MS, durable=False
        ) as operator,
        Doorway(deployment.hub, operator.port) as doorway,
    ):

        def make(**fields: Any) -> Campaigner:
            author: User = MemberFactory(role=Role.MANAGER)
            sender: SenderName = SenderNameFactory(organisation=author.organisation)
            GatewayAccountFactory(
                organisation=author.organisation,
                host=deployment.hub,
                port=doorway.port,
                numbers_per_email=1,
                **fields,
            )
            return Campaigner(author, sender.value, deployment, operator, doorway)

        yield make
