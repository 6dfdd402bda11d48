"""Double clicks, and what changed between the page and the press of its button."""

from collections.abc import Callable
from functools import partial

import pytest

from portal.accounts.administration import organisation_change, user_create
from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.accounts.services import (
    administrator_create,
    member_change,
    member_create,
    member_new_password,
    organisation_create,
)
from portal.audit.models import Event
from portal.core.errors import Refused
from tests.factories import PASSWORD, AdministratorFactory, MemberFactory, OrganisationFactory
from tests.integration.threads import at_once

ROUNDS = 8


@pytest.fixture
def manager() -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    return manager


def refusals_of_double_clicks(click: Callable[[int], Callable[[], object]]) -> set[str]:
    """The field that each second click was refused at, over several rounds."""
    fields = set()
    for number in range(ROUNDS):
        refused = [one for one in at_once(*[click(number)] * 2) if isinstance(one, Exception)]
        assert len(refused) == 1
        assert isinstance(refused[0], Refused)
        fields.add(refused[0].field)
    return fields


@pytest.mark.django_db(transaction=True)
def test_a_double_click_adds_one_member(manager: User) -> None:
    assert manager.organisation is not None
    add = partial(member_create, organisation=manager.organisation, role=Role.SENDER, actor=manager)

    fields = refusals_of_double_clicks(lambda n: partial(add, email=f"u{n}@example.com"))

    assert fields == {"email"}


@pytest.mark.django_db(transaction=True)
def test_a_double_click_adds_one_user() -> None:
    add = partial(
        user_create,
        name="",
        organisation=None,
        role="",
        is_staff=True,
        actor=AdministratorFactory(),
    )

    fields = refusals_of_double_clicks(lambda n: partial(add, email=f"u{n}@example.com"))

    assert fields == {"email"}


@pytest.mark.django_db(transaction=True)
def test_a_double_click_adds_one_organisation() -> None:
    add = partial(organisation_create, actor=AdministratorFactory())

    fields = refusals_of_double_clicks(lambda n: partial(add, name=f"Org {n}"))

    assert fields == {"name"}


@pytest.mark.django_db(transaction=True)
def test_two_organisations_renamed_at_once_do_not_share_a_name() -> None:
    one, other = OrganisationFactory(), OrganisationFactory()

    def rename(organisation: Organisation) -> Callable[[], Organisation]:
        changes = {"name": "New name"}
        return partial(organisation_change, organisation=organisation, changes=changes, actor=None)

    results = at_once(rename(one), rename(other))

    assert len([one for one in results if isinstance(one, Refused)]) == 1
    assert Organisation.objects.filter(name="New name").count() == 1


@pytest.mark.django_db
def test_who_became_an_administrator_meanwhile_is_out_of_a_manager_s_reach(manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation)
    User.objects.filter(pk=member.pk).update(is_staff=True)

    with pytest.raises(Refused):
        member_change(member=member, role=Role.SENDER, is_active=False, actor=manager)
    with pytest.raises(Refused):
        member_new_password(member=member, actor=manager)

    member.refresh_from_db()
    assert member.is_active
    assert member.check_password(PASSWORD)


@pytest.mark.django_db
def test_who_was_moved_meanwhile_is_out_of_a_manager_s_reach(manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation)
    User.objects.filter(pk=member.pk).update(organisation=OrganisationFactory())

    with pytest.raises(Refused):
        member_change(member=member, role=Role.AUDITOR, is_active=False, actor=manager)
    with pytest.raises(Refused):
        member_new_password(member=member, actor=manager)

    member.refresh_from_db()
    assert member.is_active
    assert member.check_password(PASSWORD)


@pytest.mark.django_db
def test_a_changed_name_is_in_the_trail_and_what_stays_is_not(manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation, name="Олег")
    change = partial(member_change, role=Role.SENDER, is_active=True, actor=manager)

    change(member=member, name="Ольга")
    change(member=member, name="Ольга")

    assert Event.objects.get().details == {"name": {"from": "Олег", "to": "Ольга"}}


@pytest.mark.django_db
def test_only_an_active_administrator_makes_organisations_and_administrators(manager: User) -> None:
    for actor in (manager, AdministratorFactory(is_active=False)):
        with pytest.raises(Refused):
            organisation_create(name="New", actor=actor)
        with pytest.raises(Refused):
            administrator_create(email="new@example.com", actor=actor)


@pytest.mark.django_db
def test_a_switched_off_administrator_changes_no_members(manager: User) -> None:
    with pytest.raises(Refused):
        member_change(
            member=manager,
            role=Role.SENDER,
            is_active=True,
            actor=AdministratorFactory(is_active=False),
        )
