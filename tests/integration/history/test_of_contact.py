"""What was sent to a contact's number, and what skipped it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import Contact
from portal.history import of_contact, to_number
from tests.factories import ContactFactory, MemberFactory, StopFactory, submit_message
from tests.integration.history.answers import REJECTED, answer, hold, take

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


def texts_of(client: Client, contact: Contact) -> list[list[str]]:
    """Of the messages on each page."""
    pages, cursor = [], ""
    while cursor is not None:
        page = client.get(url(contact), {"cursor": cursor})
        pages.append([row.message.text for row in page.context["sent"].rows])
        cursor = page.context["page"].next_cursor
    return pages


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


def test_what_skipped_the_number_is_shown_in_its_place_with_why_and_when(
    client: Client, author: User, contact: Contact
) -> None:
    submit_message(author, PHONE, text="первое")
    entry = StopFactory(organisation=author.organisation, phone=PHONE, reason="Asked us to.")
    submit_message(author, PHONE, "79210000001", text="второе")
    entry.delete()
    submit_message(author, PHONE, text="третье")

    page = client.get(url(contact)).content.decode()

    assert page.index("третье") < page.index("второе") < page.index("первое")
    assert page.count("The number is on the stop list. Asked us to.") == 1
    assert page.count("Skipped at ") == 1


def test_what_a_claim_skipped_is_shown_once(client: Client, author: User, contact: Contact) -> None:
    message = submit_message(author, PHONE, text="опоздало")
    StopFactory(organisation=None, phone=PHONE)
    take(message, 1, now=timezone.now() + timedelta(seconds=1))

    page = client.get(url(contact))

    assert page.content.decode().count("Skipped at ") == 1
    assert [row.message.text for row in page.context["sent"].rows] == ["опоздало"]


def test_skips_by_messages_of_others_stay_with_them(
    client: Client, author: User, contact: Contact
) -> None:
    StopFactory(organisation=None, phone=PHONE)
    colleague = MemberFactory(organisation=author.organisation)
    submit_message(colleague, PHONE, "79210000001", text="коллеги")
    submit_message(MemberFactory(role=Role.MANAGER), PHONE, "79210000001", text="чужое")

    page = client.get(url(contact)).content.decode()

    assert "коллеги" not in page
    assert "чужое" not in page


@pytest.mark.parametrize("most_of_a_number", [100, 1])
def test_pages_go_on_over_sent_and_skipped_ones_alike(
    client: Client,
    author: User,
    contact: Contact,
    monkeypatch: pytest.MonkeyPatch,
    most_of_a_number: int,
) -> None:
    monkeypatch.setattr(of_contact, "SENT_PER_PAGE", 2)
    monkeypatch.setattr(to_number, "MOST_OF_A_NUMBER", most_of_a_number)
    for number in range(5):
        entries = [StopFactory(organisation=None, phone=PHONE)] if number % 2 else []
        submit_message(author, PHONE, "79210000001", text=str(number))
        for entry in entries:
            entry.delete()

    assert texts_of(client, contact) == [["4", "3"], ["2", "1"], ["0"]]


def test_of_a_number_of_very_many_messages_a_page_looks_at_no_more_than_it_may(
    client: Client, author: User, contact: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_number, "MOST_OF_A_NUMBER", 1)
    monkeypatch.setattr(to_number, "LONGEST_WALK", 2)
    submit_message(author, PHONE, text="давно")
    for _ in range(3):
        submit_message(author, "79210000001")

    first = client.get(url(contact)).content.decode()

    assert "давно" not in first
    assert "There are earlier ones" in first
    assert "Nothing was sent" not in first
    assert texts_of(client, contact) == [[], ["давно"], []]


def test_a_broken_cursor_gives_the_newest(client: Client, author: User, contact: Contact) -> None:
    submit_message(author, PHONE, text="новое")

    assert "новое" in client.get(url(contact), {"cursor": "x"}).content.decode()
