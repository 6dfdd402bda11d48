"""Contacts of one member alone, beside those that the organisation shares."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import Contact, Group
from portal.contacts.particulars import Particulars
from portal.contacts.services import contact_change, contact_create, contact_delete
from portal.core.errors import Conflict, Refused
from tests.factories import ContactFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db

ADD = reverse("contacts:add")
PAGES = ("contact", "edit", "archive", "restore", "delete")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory()
    client.force_login(member)
    return member


@pytest.fixture
def manager(member: User) -> User:
    manager: User = MemberFactory(organisation=member.organisation, role=Role.MANAGER)
    return manager


def own(member: User, **fields: object) -> Contact:
    contact: Contact = ContactFactory(organisation=member.organisation, owner=member, **fields)
    return contact


def url(page: str, contact: Contact) -> str:
    return reverse(f"contacts:{page}", args=[contact.pk])


def test_a_contact_is_shared_unless_its_author_keeps_it(client: Client, member: User) -> None:
    client.post(ADD, {"given_name": "Анна", "phone": "89210000000"})
    client.post(ADD, {"given_name": "Яна", "phone": "89210000001", "is_own": "own"})

    owners = dict(Contact.objects.values_list("given_name", "owner"))
    assert owners == {"Анна": None, "Яна": member.pk}


@pytest.mark.parametrize("page", PAGES)
def test_anothers_own_contact_exists_for_nobody_else(
    client: Client, member: User, manager: User, page: str
) -> None:
    contact = own(member)
    client.force_login(manager)
    data = {"given_name": "x", "phone": "89219999999"}

    assert client.post(url(page, contact), data).status_code in {404, 405}
    assert client.get(url(page, contact)).status_code in {404, 405}
    before = Contact.objects.get(pk=contact.pk)
    assert (before.name, before.archived_at) == (contact.name, None)


def test_services_refuse_a_change_of_anothers_own_contact(member: User, manager: User) -> None:
    contact = own(member)

    with pytest.raises(Refused):
        contact_delete(contact=contact, actor=manager)
    with pytest.raises(Refused):
        contact_change(contact=contact, particulars=Particulars(given_name="x"), actor=manager)


def test_one_number_may_be_shared_and_everybodys_own(client: Client, member: User) -> None:
    own(MemberFactory(organisation=member.organisation), phone="79210000000")
    ContactFactory(organisation=member.organisation, phone="79210000000")

    kept = client.post(ADD, {"phone": "89210000000", "is_own": "own"})
    twice = client.post(ADD, {"phone": "89210000000", "is_own": "own"})

    assert kept.status_code == 302
    assert twice.context["form"].errors["phone"]
    assert Contact.objects.filter(phone="79210000000").count() == 3


def test_an_own_contact_can_be_shared_and_not_taken_back(client: Client, member: User) -> None:
    contact = own(member, phone="79210000000")

    client.post(url("edit", contact), {"given_name": "Анна", "phone": "89210000000", "share": "on"})
    client.post(url("edit", contact), {"given_name": "Анна", "phone": "", "is_own": "own"})

    contact.refresh_from_db()
    assert (contact.owner, contact.phone) == (None, "")


def test_sharing_a_number_that_is_shared_already_is_refused(client: Client, member: User) -> None:
    ContactFactory(organisation=member.organisation, phone="79210000000")
    contact = own(member, phone="79210000000")

    data = {"given_name": "Анна", "phone": "89210000000", "share": "on"}
    response = client.post(url("edit", contact), data)

    assert response.context["form"].errors["phone"]
    contact.refresh_from_db()
    assert contact.owner == member


def test_an_own_contact_joins_only_own_groups(client: Client, member: User) -> None:
    shared: Group = GroupFactory(organisation=member.organisation)
    mine: Group = GroupFactory(organisation=member.organisation, owner=member)

    refused = client.post(ADD, {"given_name": "Анна", "is_own": "own", "groups": [shared.pk]})
    client.post(ADD, {"given_name": "Анна", "is_own": "own", "groups": [mine.pk]})

    assert refused.context["form"].errors["groups"]
    assert list(Contact.objects.get().groups.all()) == [mine]
    with pytest.raises(Refused):
        contact_create(
            organisation=shared.organisation,
            particulars=Particulars(given_name="Яна"),
            is_own=True,
            groups=[shared],
            actor=member,
        )


def test_groups_of_others_and_saved_filters_are_no_choice(client: Client, member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    hidden = GroupFactory(organisation=member.organisation, owner=colleague)
    found = GroupFactory(organisation=member.organisation, conditions={})

    for group in (hidden, found):
        response = client.post(ADD, {"given_name": "Анна", "groups": [group.pk]})
        assert response.status_code == 404
        with pytest.raises(Conflict):
            contact_create(
                organisation=group.organisation,
                particulars=Particulars(given_name="Анна"),
                groups=[group],
                actor=member,
            )


def test_a_change_leaves_the_contact_in_others_own_groups(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    colleague = MemberFactory(organisation=member.organisation)
    theirs = GroupFactory(organisation=member.organisation, owner=colleague)
    ours = GroupFactory(organisation=member.organisation)
    contact.groups.add(theirs, ours)

    client.post(url("edit", contact), {"given_name": "Анна"})

    assert list(contact.groups.all()) == [theirs]
    assert theirs.name not in client.get(url("contact", contact)).content.decode()
