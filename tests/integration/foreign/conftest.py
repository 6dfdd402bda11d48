"""Servers of foreign make; where one is not installed its tests are skipped, under CI they fail."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.accounts.models import User
from portal.delivery.engine import deliver_account
from portal.delivery.models import GatewayAccount
from sms.secret import Secret
from tests.factories import GatewayAccountFactory, MemberFactory, SenderNameFactory
from tests.integration.foreign.postfix import PROGRAMS, Postfix, private_postfix
from tests.integration.foreign.smtp_sink import PROGRAM

Deliver = Callable[..., GatewayAccount]


def require(programs: tuple[Path, ...]) -> None:
    lacking = [f"{program} is missing" for program in programs if not program.exists()]
    if lacking and os.environ.get("CI"):
        pytest.fail(", ".join(lacking))
    if lacking:
        pytest.skip(", ".join(lacking))


@pytest.fixture(scope="session")
def sink_installed() -> None:
    require((PROGRAM,))


@pytest.fixture(scope="module")
def running_postfix() -> Iterator[Postfix]:
    require(PROGRAMS)
    if os.geteuid() != 0:
        pytest.skip("a Postfix is started by root only")
    with private_postfix() as postfix:
        yield postfix


@pytest.fixture
def author() -> User:
    author: User = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation, sms_password=Secret("s3cret"))
    SenderNameFactory(organisation=author.organisation, value="ACME")
    return author


@pytest.fixture
def deliver(author: User) -> Deliver:
    """Change the author's gateway account and send what is queued on it."""

    def run(**changes: object) -> GatewayAccount:
        account = GatewayAccount.objects.get(organisation=author.organisation)
        for name, value in changes.items():
            setattr(account, name, value)
        account.save()
        deliver_account(account.pk)
        account.refresh_from_db()
        return account

    return run
