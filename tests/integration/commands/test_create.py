"""Commands that make the first users."""

import re

import pytest

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from tests.factories import MemberFactory, OrganisationFactory
from tests.integration.commands.conftest import Door

pytestmark = pytest.mark.django_db

ONE_TIME = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\n")


def test_an_administrator_is_made_and_only_the_password_printed(door: Door) -> None:
    result = door("create_administrator", "Root@Example.com")

    assert result.code == 0
    assert ONE_TIME.fullmatch(result.out)
    administrator = User.objects.get(email="root@example.com")
    assert administrator.check_password(result.out.strip())
    assert (administrator.is_staff, administrator.must_change_password) == (True, True)


def test_the_audit_trail_names_the_command(door: Door) -> None:
    door("create_administrator", "root@example.com")

    event = Event.objects.get(action=Action.CREATED)
    assert (event.actor_label, event.origin) == ("system", "command create_administrator")


@pytest.mark.parametrize("email", ["no address", "", "a@b\ud800.example"])
def test_what_is_no_address_is_refused(door: Door, email: str) -> None:
    result = door("create_administrator", email)

    assert result.code in {1, 2}
    assert result.out == ""
    assert result.err
    assert not User.objects.exists()


def test_an_address_that_is_known_is_refused(door: Door) -> None:
    MemberFactory(email="root@example.com")

    result = door("create_administrator", "root@example.com")

    assert (result.code, result.out) == (1, "")
    assert "Traceback" not in result.err


def test_an_organisation_is_made_with_its_manager(door: Door) -> None:
    result = door("create_organisation", "ООО Ромашка", "--manager", "anna@example.com")

    assert ONE_TIME.fullmatch(result.out)
    manager = User.objects.get(email="anna@example.com")
    assert manager.organisation == Organisation.objects.get(name="ООО Ромашка")
    assert manager.role == Role.MANAGER
    assert manager.check_password(result.out.strip())


def test_an_organisation_without_its_manager_is_not_made(door: Door) -> None:
    MemberFactory(email="anna@example.com")

    result = door("create_organisation", "ООО Ромашка", "--manager", "anna@example.com")

    assert (result.code, result.out) == (1, "")
    assert not Organisation.objects.filter(name="ООО Ромашка").exists()


def test_a_name_that_is_taken_is_refused(door: Door) -> None:
    OrganisationFactory(name="ООО Ромашка")

    result = door("create_organisation", "ооо ромашка", "--manager", "anna@example.com")

    assert (result.code, result.out) == (1, "")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["create_administrator"],
        ["create_organisation", "ООО Ромашка"],
        ["create_organisation", "--manager", "anna@example.com"],
        ["create_administrator", "a@example.com", "--unknown"],
    ],
)
def test_wrong_usage_is_exit_code_2(door: Door, arguments: list[str]) -> None:
    result = door(*arguments)

    assert (result.code, result.out) == (2, "")
    assert "usage:" in result.err
