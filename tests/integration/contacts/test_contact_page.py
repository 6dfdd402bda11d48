"""A contact's own page and its archive."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import formats

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.models import Contact, Import, StopListEntry, StopSource
from tests.factories import ContactFactory, ContactFieldFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory()
    client.force_login(member)
    return member


def url(page: str, contact: Contact) -> str:
    return reverse(f"contacts:{page}", args=[contact.pk])


def shown(client: Client, contact: Contact) -> str:
    return client.get(url("contact", contact)).content.decode()


def test_the_page_says_what_is_known(client: Client, member: User) -> None:
    birthday = ContactFieldFactory(
        organisation=member.organisation, name="День рождения", kind="date"
    )
    city = ContactFieldFactory(organisation=member.organisation, name="Город")
    contact = ContactFactory(
        organisation=member.organisation,
        surname="Смирнова",
        name="Анна",
        phone="79210000000",
        note="звонить утром",
        field_values={str(birthday.pk): "1986-11-24", "999999": "забытое"},
    )
    contact.groups.add(GroupFactory(organisation=member.organisation, name="Пациенты"))

    page = shown(client, contact)

    for known in (
        "Смирнова Анна",
        "+7 921 000-00-00",
        "звонить утром",
        "День рождения",
        "Пациенты",
    ):
        assert known in page
    assert formats.date_format(date(1986, 11, 24), "SHORT_DATE_FORMAT") in page
    assert city.name not in page
    assert "забытое" not in page


def test_the_page_tells_of_the_stop_list_and_why(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation, phone="79210000000")
    StopListEntry.objects.create(
        organisation=member.organisation,
        phone="79210000000",
        reason="попросил <b>сам</b>",
        source=StopSource.HAND,
    )

    page = shown(client, contact)

    assert "on the stop list" in page
    assert "попросил &lt;b&gt;сам&lt;/b&gt;" in page


def test_the_file_a_contact_came_from_is_named_to_who_imported_it(
    client: Client, member: User
) -> None:
    source = Import.objects.create(
        organisation=member.organisation, author=member, file_name="клиенты.csv"
    )
    contact = ContactFactory(organisation=member.organisation, imported_by=source)
    assert "клиенты.csv" in shown(client, contact)

    client.force_login(MemberFactory(organisation=member.organisation, role=Role.MANAGER))

    assert "клиенты.csv" not in shown(client, contact)


def test_an_auditor_sees_the_page_without_its_buttons(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    client.force_login(MemberFactory(organisation=member.organisation, role=Role.AUDITOR))

    page = shown(client, contact)

    assert contact.name in page
    for button in ("edit", "archive", "delete"):
        assert url(button, contact) not in page


def test_an_archived_contact_leaves_the_list_and_comes_back(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    group = GroupFactory(organisation=member.organisation)
    contact.groups.add(group)

    client.post(url("archive", contact))
    archived = shown(client, contact)
    listed = client.get(reverse("contacts:contacts"))
    client.post(url("restore", contact))

    assert contact not in listed.context["page"].items
    assert url("restore", contact) in archived
    contact.refresh_from_db()
    assert contact.archived_at is None
    assert list(contact.groups.all()) == [group]
    assert url("archive", contact) in shown(client, contact)


def test_archiving_is_recorded_once_by_id(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)

    for _press in range(2):
        client.post(url("archive", contact))
    for _press in range(2):
        client.post(url("restore", contact))

    events = Event.objects.filter(object_id=str(contact.pk), action=Action.CHANGED)
    assert [event.details for event in events.order_by("sequence")] == [
        {"archived": True},
        {"archived": False},
    ]


def test_a_number_in_the_archive_leads_there_instead_of_being_added(
    client: Client, member: User
) -> None:
    contact = ContactFactory(organisation=member.organisation, phone="79210000000")
    client.post(url("archive", contact))

    response = client.post(reverse("contacts:add"), {"phone": "89210000000"})

    assert "archive" in str(response.context["form"].errors["phone"])
    assert url("contact", contact) in response.content.decode()
    assert Contact.objects.count() == 1


def test_a_change_is_dated(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    same = {"given_name": contact.given_name, "phone": contact.phone}

    client.post(url("edit", contact), same)
    unchanged = Contact.objects.get().changed_at
    client.post(url("edit", contact), {**same, "note": "новое"})

    assert unchanged == contact.changed_at
    assert Contact.objects.get().changed_at > contact.changed_at


@pytest.mark.parametrize("name", ["", "Анна"])
def test_the_number_stands_on_the_page_once(client: Client, member: User, name: str) -> None:
    contact = ContactFactory(organisation=member.organisation, name=name, phone="79210000001")
    page = shown(client, contact)
    content = page[page.index("<main") : page.index("</main>")]
    assert content.count("+7 921 000-00-01") == 1
