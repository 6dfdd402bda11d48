"""What a prepaid organisation has left, above its history."""

from decimal import Decimal

import pytest
from django.test import Client

from portal.accounts.rights import Role
from portal.billing.services import top_up
from tests.factories import (
    AdministratorFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)

pytestmark = pytest.mark.django_db


def test_a_prepaid_organisation_sees_its_balance_and_what_is_reserved(client: Client) -> None:
    manager = MemberFactory(organisation=OrganisationFactory(prepaid=True), role=Role.MANAGER)
    top_up(organisation=manager.organisation, amount=Decimal(10), actor=AdministratorFactory())
    submit_message(manager)
    client.force_login(manager)
    page = client.get("/history/", headers={"accept-language": "en"}).content.decode()
    assert "7.50\N{NO-BREAK SPACE}₽" in page
    assert "2.50\N{NO-BREAK SPACE}₽" in page


def test_an_unlimited_organisation_has_no_balance_to_see(client: Client) -> None:
    client.force_login(MemberFactory())
    assert 'class="balance"' not in client.get("/history/").content.decode()
