from collections.abc import Callable

import pytest
from django.test import Client

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from tests.factories import MemberFactory, OrganisationFactory


@pytest.fixture
def organisation(db: None) -> Organisation:
    organisation: Organisation = OrganisationFactory(time_zone="Europe/Moscow")
    return organisation


@pytest.fixture
def manager(organisation: Organisation) -> User:
    manager: User = MemberFactory(organisation=organisation, role=Role.MANAGER)
    return manager


@pytest.fixture
def sender(organisation: Organisation) -> User:
    sender: User = MemberFactory(organisation=organisation)
    return sender


@pytest.fixture
def auditor(organisation: Organisation) -> User:
    auditor: User = MemberFactory(organisation=organisation, role=Role.AUDITOR)
    return auditor


@pytest.fixture
def stranger(db: None) -> User:
    """A manager of another organisation."""
    stranger: User = MemberFactory(role=Role.MANAGER)
    return stranger


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    def sign_in(member: User) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(member)
        return client

    return sign_in
