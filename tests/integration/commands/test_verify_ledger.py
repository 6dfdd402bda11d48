"""The command that checks every balance against its ledger."""

from decimal import Decimal

import pytest

from portal.billing.models import LedgerSum
from portal.billing.services import top_up
from tests.factories import AdministratorFactory, OrganisationFactory
from tests.integration.commands.conftest import Door

pytestmark = pytest.mark.django_db


def test_sound_balances_are_told_with_the_length_of_the_ledger(door: Door) -> None:
    top_up(organisation=OrganisationFactory(), amount=Decimal(5), actor=AdministratorFactory())

    result = door("verify_ledger")

    assert (result.code, result.out) == (0, "ok: 1 entries\n")


def test_an_organisation_whose_balance_is_astray_is_named(door: Door) -> None:
    organisation = OrganisationFactory()
    top_up(organisation=organisation, amount=Decimal(5), actor=AdministratorFactory())
    LedgerSum.objects.update(reserved=1)

    result = door("verify_ledger")

    assert (result.code, result.out) == (1, "")
    assert f"organisation {organisation.pk}" in result.err
