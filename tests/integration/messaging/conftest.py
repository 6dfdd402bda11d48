from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.accounts.rights import Role
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.messaging.desk import Desk


@pytest.fixture
def desk_of(db: None) -> Callable[..., Desk]:
    """Makes a desk; keyword arguments are fields of the organisation."""

    def make(role: Role = Role.MANAGER, **organisation: Any) -> Desk:
        member = MemberFactory(organisation=OrganisationFactory(**organisation), role=role)
        GatewayAccountFactory(organisation=member.organisation)
        sender = SenderNameFactory(organisation=member.organisation, value="ACME")
        client = Client(headers={"accept-language": "en"})
        client.force_login(member)
        return Desk(client, member, sender)

    return make


@pytest.fixture
def desk(desk_of: Callable[..., Desk]) -> Desk:
    return desk_of()
