import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from tests.factories import PASSWORD, MemberFactory, OrganisationFactory

pytestmark = pytest.mark.django_db

MEMBERS = reverse("members:members")
ADD = reverse("members:add")


@pytest.fixture
def manager(client: Client) -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    client.force_login(manager)
    return manager


def shown_password(page: str) -> str:
    match = re.search(r'id="password">([^<]+)<', page)
    return match.group(1) if match else ""


def edit_url(member: User) -> str:
    return reverse("members:edit", args=[member.pk])


def test_a_new_member_signs_in_with_the_password_shown_once(client: Client, manager: User) -> None:
    response = client.post(ADD, {"email": "New@Example.com", "name": "Нина", "role": Role.SENDER})
    password = shown_password(response.content.decode())

    member = User.objects.get(email="new@example.com")
    assert member.check_password(password)
    assert (member.organisation_id, member.role) == (manager.organisation_id, Role.SENDER)
    assert member.must_change_password
    assert "no-store" in response.headers["Cache-Control"]
    for page in (MEMBERS, edit_url(member)):
        assert password not in client.get(page).content.decode()
    assert not any(password in repr(vars(event)) for event in Event.objects.all())


def test_an_address_that_is_taken_is_refused_beside_its_field_keeping_what_was_typed(
    client: Client, manager: User
) -> None:
    MemberFactory(email="taken@example.com")

    page = client.post(
        ADD, {"email": "taken@example.com", "name": "Нина", "role": Role.AUDITOR}
    ).content.decode()

    assert 'id="error_1_id_email"' in page
    assert 'value="Нина"' in page
    assert User.objects.filter(name="Нина").count() == 0


@pytest.mark.parametrize(
    "fields",
    [{"email": "x"}, {"role": "administrator"}, {"name": "x" * 151}, {"email": "a\0@example.com"}],
)
def test_a_member_with_a_faulty_field_is_not_made(
    client: Client, manager: User, fields: dict[str, str]
) -> None:
    client.post(ADD, {"email": "new@example.com", "role": "sender", **fields})

    assert User.objects.count() == 1


def test_extra_fields_are_ignored(client: Client, manager: User) -> None:
    other = OrganisationFactory()

    client.post(
        ADD,
        {
            "email": "new@example.com",
            "role": "sender",
            "is_staff": "1",
            "is_superuser": "1",
            "organisation": other.pk,
            "must_change_password": "",
        },
    )

    member = User.objects.get(email="new@example.com")
    assert member.organisation_id == manager.organisation_id
    assert (member.is_staff, member.is_superuser, member.must_change_password) == (
        False,
        False,
        True,
    )


def test_a_manager_changes_name_role_and_access(client: Client, manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation)

    client.post(edit_url(member), {"name": "Олег", "role": Role.AUDITOR})

    member.refresh_from_db()
    assert (member.name, member.role, member.is_active) == ("Олег", Role.AUDITOR, False)


def test_a_manager_keeps_their_own_role_and_access(client: Client, manager: User) -> None:
    client.post(edit_url(manager), {"name": "Я", "role": Role.SENDER})

    manager.refresh_from_db()
    assert (manager.name, manager.role, manager.is_active) == ("Я", Role.MANAGER, True)


def test_a_new_one_time_password_replaces_the_old_and_ends_sessions(
    client: Client, manager: User
) -> None:
    member = MemberFactory(organisation=manager.organisation, role=Role.AUDITOR)
    theirs = Client()
    theirs.force_login(member)

    page = client.post(reverse("members:new_password", args=[member.pk])).content.decode()

    member.refresh_from_db()
    assert member.check_password(shown_password(page))
    assert not member.check_password(PASSWORD)
    assert theirs.get(MEMBERS).headers["Location"].startswith(reverse("account_login"))


def test_ones_own_password_is_changed_where_the_old_one_is_asked_for(
    client: Client, manager: User
) -> None:
    response = client.post(reverse("members:new_password", args=[manager.pk]))

    assert response.headers["Location"] == reverse("account_change_password")
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


def test_a_manager_cannot_take_over_an_administrator_of_their_organisation(
    client: Client, manager: User
) -> None:
    administrator = MemberFactory(organisation=manager.organisation, is_staff=True)

    client.post(reverse("members:new_password", args=[administrator.pk]))
    client.post(edit_url(administrator), {"name": "x", "role": Role.SENDER})

    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)
    assert administrator.is_active


def test_a_new_password_takes_a_post(client: Client, manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation)

    assert client.get(reverse("members:new_password", args=[member.pk])).status_code == 405


def test_members_of_another_organisation_do_not_exist_here(client: Client, manager: User) -> None:
    stranger = MemberFactory(name="Stranger")

    assert "Stranger" not in client.get(MEMBERS).content.decode()
    assert client.get(edit_url(stranger)).status_code == 404
    assert client.post(edit_url(stranger), {"role": "sender"}).status_code == 404
    assert client.post(reverse("members:new_password", args=[stranger.pk])).status_code == 404
    stranger.refresh_from_db()
    assert stranger.check_password(PASSWORD)


def test_an_auditor_reads_the_list_and_changes_nothing(client: Client) -> None:
    auditor = MemberFactory(role=Role.AUDITOR)
    client.force_login(auditor)

    page = client.get(MEMBERS).content.decode()

    assert auditor.email in page
    assert ADD not in page
    assert edit_url(auditor) not in page
    assert client.post(ADD, {"email": "new@example.com", "role": "manager"}).status_code == 403
    assert client.post(edit_url(auditor), {"role": "manager"}).status_code == 403


def test_a_sender_does_not_see_the_members(client: Client) -> None:
    client.force_login(MemberFactory(role=Role.SENDER))

    assert client.get(MEMBERS).status_code == 403


def test_markup_in_a_name_stays_text(client: Client, manager: User) -> None:
    member = MemberFactory(organisation=manager.organisation, name="<script>alert(1)</script>")

    for page in (MEMBERS, edit_url(member)):
        assert "<script>alert" not in client.get(page).content.decode()


def test_the_list_takes_as_many_queries_for_thirty_members_as_for_one(
    client: Client, manager: User
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get(MEMBERS)
    MemberFactory.create_batch(30, organisation=manager.organisation)
    with CaptureQueriesContext(connection) as many:
        client.get(MEMBERS)

    assert len(many) == len(few)
