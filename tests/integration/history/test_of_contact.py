"""What was sent to a contact's number."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import Contact
from tests.factories import ContactFactory, MemberFactory, submit_message
from tests.integration.history.answers import REJECTED, answer, hold

pytestmark = pytest.mark.django_db

PHONE = "79210000000"


@pytest.fixture
def author(client: Client) -> User:
    author: User = MemberFactory()
    client.force_login(author)
    return author


@pytest.fixture
def contact(author: User) -> Contact:
    contact: Contact = ContactFactory(organisation=author.organisation, phone=PHONE)
    return contact


def url(contact: Contact) -> str:
    return reverse("history:of_contact", args=[contact.pk])


def test_messages_to_the_number_are_shown_newest_first_with_their_state(
    client: Client, author: User, contact: Contact
) -> None:
    rejected = submit_message(author, PHONE, text="первое")
    answer(rejected, REJECTED)
    held = submit_message(author, PHONE, "79210000001", text="второе")
    hold(held)
    submit_message(author, "79210000002", text="другому")

    page = client.get(url(contact)).content.decode()

    assert page.index("второе") < page.index("первое")
    assert page.index("Held:") < page.index("rejected by the operator")
    assert "другому" not in page


def test_a_sender_sees_their_own_and_a_manager_everybodys(
    client: Client, author: User, contact: Contact
) -> None:
    submit_message(author, PHONE, text="мое")
    colleague = MemberFactory(organisation=author.organisation)
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER)

    client.force_login(colleague)
    assert "мое" not in client.get(url(contact)).content.decode()
    client.force_login(manager)
    assert "мое" in client.get(url(contact)).content.decode()


def test_another_organisations_messages_to_the_number_stay_with_it(
    client: Client, author: User, contact: Contact
) -> None:
    submit_message(MemberFactory(role=Role.MANAGER), PHONE, text="чужое")

    assert "чужое" not in client.get(url(contact)).content.decode()


def test_contacts_of_others_are_not_there(client: Client, author: User) -> None:
    colleague = MemberFactory(organisation=author.organisation)
    own = ContactFactory(organisation=author.organisation, owner=colleague)

    assert client.get(url(own)).status_code == 404
    assert client.get(url(ContactFactory())).status_code == 404


def test_the_part_is_of_pages_by_the_newest(
    client: Client, author: User, contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.history.of_contact.SENT_PER_PAGE", 2)
    for number in range(3):
        submit_message(author, PHONE, text=f"сообщение {number}")

    first = client.get(url(contact), headers={"HX-Request": "true"})
    cursor = first.context["page"].next_cursor
    second = client.get(url(contact), {"cursor": cursor}, headers={"HX-Request": "true"})

    assert "<html" not in first.content.decode()
    assert "сообщение 2" in first.content.decode()
    assert "сообщение 0" in second.content.decode()
    assert "сообщение 1" not in second.content.decode()


def test_a_contact_without_a_number_has_no_history(client: Client, author: User) -> None:
    submit_message(author, PHONE)
    contact = ContactFactory(organisation=author.organisation, phone="")

    assert not client.get(url(contact)).context["page"].items
