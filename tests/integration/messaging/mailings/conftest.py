from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.rights import Role
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.messaging.mailings.office import Office


@pytest.fixture
def office_of(db: None) -> Callable[..., Office]:
    """Makes an office; keyword arguments are fields of the organisation."""

    def make(role: Role = Role.SENDER, **organisation: Any) -> Office:
        author = MemberFactory(organisation=OrganisationFactory(**organisation), role=role)
        GatewayAccountFactory(organisation=author.organisation)
        SenderNameFactory(organisation=author.organisation, value="ACME")
        return Office(author)

    return make


@pytest.fixture
def office(office_of: Callable[..., Office]) -> Office:
    return office_of()
