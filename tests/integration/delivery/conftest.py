from collections.abc import Iterator

import pytest
from django.utils import translation
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.models import GatewayAccount
from portal.delivery.tasks import deliver
from sms.secret import Secret
from tests.factories import GatewayAccountFactory, MemberFactory
from tests.unit.sms.conftest import tls_files

__all__ = ["tls_files"]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def engine_alone(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The tests run the engine themselves, and do not wait long for silent servers."""
    settings.DELIVERY_DOT_TIMEOUT_SECONDS = settings.DELIVERY_SMTP_TIMEOUT_SECONDS = 2
    monkeypatch.setattr(deliver, "apply_async", lambda *_, **__: None)


@pytest.fixture
def account(engine_alone: None, transactional_db: None) -> GatewayAccount:
    """One number an e-mail, over two connections."""
    author: User = MemberFactory(role=Role.MANAGER)
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
