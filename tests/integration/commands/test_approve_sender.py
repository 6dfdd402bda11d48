"""The command that approves sender names."""

import pytest

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.senders.models import SenderName, SenderState
from tests.factories import (
    AdministratorFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.commands.conftest import Door, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return OrganisationFactory(name="ООО Ромашка")


@pytest.fixture
def administrator() -> User:
    return AdministratorFactory(email="root@example.com")


def approve(door: Door, value: str, by: str = "root@example.com") -> Result:
    return door("approve_sender", "--organisation", "ООО Ромашка", "--by", by, value)


def test_a_name_nobody_asked_for_is_asked_for_and_approved(
    door: Door, organisation: Organisation, administrator: User
) -> None:
    result = approve(door, "ACME")

    assert (result.code, result.out) == (0, "ACME\n")
    name = SenderName.objects.get(organisation=organisation)
    assert (name.value, name.state, name.decided_by) == ("ACME", "approved", administrator)
    actions = Event.objects.order_by("sequence").values_list("action", "origin")
    assert list(actions) == [
        (Action.REQUESTED, "command approve_sender"),
        (Action.APPROVED, "command approve_sender"),
    ]


@pytest.mark.parametrize(
    "state", [SenderState.REQUESTED, SenderState.REJECTED, SenderState.REVOKED]
)
def test_a_known_name_is_approved(
    door: Door, organisation: Organisation, administrator: User, state: SenderState
) -> None:
    SenderNameFactory(organisation=organisation, value="ACME", state=state, reason="раньше")

    assert approve(door, "ACME").code == 0

    name = SenderName.objects.get()
    assert (name.state, name.reason) == (SenderState.APPROVED, "")


def test_approving_again_changes_and_records_nothing(
    door: Door, organisation: Organisation, administrator: User
) -> None:
    approve(door, "ACME")
    events = Event.objects.count()

    result = approve(door, "ACME")

    assert (result.code, result.out) == (0, "ACME\n")
    assert Event.objects.count() == events


@pytest.mark.parametrize("value", ["acme", "АCME", "SMS Info", "TWELVE CHARS", ""])
def test_a_bad_name_or_a_twin_is_refused(
    door: Door, organisation: Organisation, administrator: User, value: str
) -> None:
    approve(door, "ACME")

    result = approve(door, value)

    assert (result.code, result.out) == (1, "")
    assert SenderName.objects.count() == 1


def test_only_an_active_administrator_approves(door: Door, organisation: Organisation) -> None:
    MemberFactory(organisation=organisation, role=Role.MANAGER, email="anna@example.com")
    AdministratorFactory(email="gone@example.com", is_active=False)
    SenderNameFactory(organisation=organisation, value="KNOWN")

    for by in ("anna@example.com", "gone@example.com", "nobody@example.com"):
        for value in ("ACME", "KNOWN"):
            assert approve(door, value, by).code == 1
    assert not SenderName.objects.filter(value="ACME").exists()


def test_an_unknown_organisation_is_refused(door: Door, administrator: User) -> None:
    assert approve(door, "ACME").code == 1
