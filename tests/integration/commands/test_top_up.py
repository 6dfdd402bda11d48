"""The command that adds money."""

from decimal import Decimal

import pytest

from portal.accounts.models import Organisation
from portal.billing.models import LedgerEntry
from portal.billing.services import balance
from tests.factories import AdministratorFactory, MemberFactory, OrganisationFactory
from tests.integration.commands.conftest import Door, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    AdministratorFactory(email="root@example.com")
    return OrganisationFactory(name="ООО Ромашка", prepaid=True)


def top_up(door: Door, amount: str, by: str = "root@example.com", key: str = "") -> Result:
    keyed = ("--key", key) if key else ()
    return door("top_up", "--organisation", "ООО Ромашка", "--by", by, *keyed, "--", amount)


def test_the_new_balance_is_printed(door: Door, organisation: Organisation) -> None:
    assert top_up(door, "100").out == "100.00\n"
    assert top_up(door, "0,50").out == "100.50\n"
    assert balance(organisation).available == Decimal("100.50")


def test_the_same_key_adds_once(door: Door, organisation: Organisation) -> None:
    assert top_up(door, "100", key="k1").out == "100.00\n"
    assert top_up(door, "100", key="k1").out == "100.00\n"
    assert top_up(door, "100", key="k2").out == "200.00\n"


def test_the_same_key_for_another_amount_is_refused(door: Door, organisation: Organisation) -> None:
    top_up(door, "100", key="k1")

    assert top_up(door, "50", key="k1").code == 1
    assert balance(organisation).available == 100


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0", 1), ("-5", 1), ("0.001", 1), ("NaN", 1), ("inf", 1), ("1e99", 1), ("сто", 2), ("", 2)],
)
def test_no_real_amount_is_refused(
    door: Door, organisation: Organisation, amount: str, code: int
) -> None:
    result = top_up(door, amount)

    assert (result.code, result.out) == (code, "")
    assert not LedgerEntry.objects.exists()


def test_a_member_cannot_top_up(door: Door, organisation: Organisation) -> None:
    MemberFactory(organisation=organisation, email="anna@example.com")

    assert top_up(door, "1", by="anna@example.com").code == 1
    assert not LedgerEntry.objects.exists()
