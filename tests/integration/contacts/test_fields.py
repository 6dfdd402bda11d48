"""An organisation's own fields of its contacts."""

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.fields.services import field_create, field_delete, field_move
from portal.contacts.models import Contact, ContactField
from portal.contacts.models.field import MOST_FIELDS
from portal.core.errors import Refused
from tests.factories import ContactFactory, ContactFieldFactory, GroupFactory, MemberFactory
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db

FIELDS = reverse("contacts:fields")
ADD = reverse("contacts:add")


@pytest.fixture
def manager(client: Client) -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    client.force_login(manager)
    return manager


def field_of(member: User, **fields: object) -> ContactField:
    field: ContactField = ContactFieldFactory(organisation=member.organisation, **fields)
    return field


def names(member: User) -> list[str]:
    return [field.name for field in member.organisation.contact_fields.all()]  # type: ignore[union-attr]


def url(page: str, field: ContactField) -> str:
    return reverse(f"contacts:field_{page}", args=[field.pk])


def test_fields_are_added_renamed_and_reordered(client: Client, manager: User) -> None:
    for name, kind in (("Город", "text"), ("Договор", "number"), ("Визит", "date")):
        client.post(FIELDS, {"name": name, "kind": kind})
    city, contract, visit = ContactField.objects.order_by("pk")

    client.post(url("move", visit), {"step": "up"})
    client.post(url("move", city), {"step": "up"})
    client.post(url("rename", contract), {"name": " Номер   договора "})

    assert names(manager) == ["Город", "Визит", "Номер договора"]
    assert Event.objects.filter(object_type="contacts.contactfield").count() == 5


@pytest.mark.parametrize(
    "name",
    ["телефон", "Имя", "surname", "{x}", "a" * 41, "", " ", "<b>", "-x", "город", "x\0", "x\ny{"],
)
def test_a_reserved_taken_or_unusable_name_is_refused(
    client: Client, manager: User, name: str
) -> None:
    field_of(manager, name="Город")

    response = client.post(FIELDS, {"name": name, "kind": "text"})

    assert response.context["form"].errors["name"]
    assert names(manager) == ["Город"]


def test_services_refuse_reserved_names_and_roles_that_may_not(manager: User) -> None:
    sender = MemberFactory(organisation=manager.organisation)
    assert manager.organisation
    new = partial(field_create, organisation=manager.organisation, kind="text")

    with pytest.raises(Refused):
        new(name="Фамилия", actor=manager)
    with pytest.raises(Refused):
        new(name="Город", actor=sender)
    with pytest.raises(Refused):
        field_delete(field=field_of(manager), actor=MemberFactory(role=Role.MANAGER))


def test_birthday_and_city_are_one_click_away_until_they_are_there(
    client: Client, manager: User
) -> None:
    offered = client.get(FIELDS).context["suggestions"]
    for name, kind, _label in offered:
        client.post(FIELDS, {"name": name, "kind": kind})

    assert [(name, kind) for name, kind, _label in offered] == [
        ("Birthday", "date"),
        ("City", "text"),
    ]
    assert client.get(FIELDS).context["suggestions"] == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_is_there_in_either_language_is_not_offered(
    client: Client, manager: User, language: str
) -> None:
    field_of(manager, name="Дата рождения", kind="date")
    field_of(manager, name="ГОРОД" if language == "en" else "city")

    page = client.get(FIELDS, headers={"accept-language": language})

    assert page.context["suggestions"] == []


def test_there_are_at_most_thirty(client: Client, manager: User) -> None:
    for number in range(MOST_FIELDS):
        field_of(manager, name=f"Поле {number}")

    response = client.post(FIELDS, {"name": "Лишнее", "kind": "text"})

    assert "30" in str(response.context["form"].errors["name"])
    assert ContactField.objects.count() == MOST_FIELDS


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_go_beyond_thirty(manager: User) -> None:
    assert manager.organisation
    for number in range(MOST_FIELDS - 1):
        field_of(manager, name=f"Поле {number}")
    new = partial(field_create, organisation=manager.organisation, kind="text", actor=manager)

    results = at_once(partial(new, name="Одно"), partial(new, name="Другое"))

    assert sum(isinstance(result, Refused) for result in results) == 1
    assert ContactField.objects.count() == MOST_FIELDS


@pytest.mark.django_db(transaction=True)
def test_fields_moved_at_once_stay_in_one_order(manager: User) -> None:
    fields = [field_of(manager, name=f"Поле {number}") for number in range(4)]

    at_once(*(partial(field_move, field=field, by=-1, actor=manager) for field in fields))

    assert sorted(names(manager)) == [field.name for field in fields]
    positions = ContactField.objects.values_list("position", flat=True)
    assert sorted(positions) == [0, 1, 2, 3]


def test_a_contact_has_the_fields_in_their_order(client: Client, manager: User) -> None:
    second = field_of(manager, name="Визит", kind="date", position=2)
    first = field_of(manager, name="Скидка", kind="number", position=1)
    page = client.get(ADD).content.decode()
    data = {f"field_{first.pk}": "12,50", f"field_{second.pk}": "2026-11-24"}

    client.post(ADD, {"given_name": "Анна", **data})

    assert page.index("Скидка") < page.index("Визит")
    assert Contact.objects.get().field_values == {
        str(first.pk): "12.5",
        str(second.pk): "2026-11-24",
    }


def test_a_wrong_value_is_refused_beside_its_field(client: Client, manager: User) -> None:
    visit = field_of(manager, kind="date")

    response = client.post(ADD, {"given_name": "Анна", f"field_{visit.pk}": "31.02.2026"})

    assert response.context["form"].errors[f"field_{visit.pk}"]
    assert not Contact.objects.exists()


def test_another_organisations_field_is_ignored(client: Client, manager: User) -> None:
    stranger = ContactFieldFactory()

    client.post(ADD, {"given_name": "Анна", f"field_{stranger.pk}": "x"})

    assert Contact.objects.get().field_values == {}


def test_deletion_says_how_many_contacts_have_a_value(client: Client, manager: User) -> None:
    field = field_of(manager)
    other = field_of(manager)
    ContactFactory(organisation=manager.organisation, field_values={str(field.pk): "Тверь"})
    ContactFactory(organisation=manager.organisation, field_values={str(other.pk): "Тверь"})
    rule = {"kind": "text", "field": field.pk, "test": "is", "value": "Тверь"}
    asking = GroupFactory(
        organisation=manager.organisation, conditions={"match": "all", "rules": [rule]}
    )

    response = client.get(url("delete", field))

    assert response.context["count"] == 1
    assert response.context["filters"] == [asking]
    assert ContactField.objects.filter(pk=field.pk).exists()


def test_a_deleted_field_is_shown_no_more_and_leaves_a_contact_at_its_next_change(
    client: Client, manager: User
) -> None:
    field = field_of(manager, name="Город")
    contact = ContactFactory(
        organisation=manager.organisation, field_values={str(field.pk): "Тверь"}
    )

    client.post(url("delete", field))
    page = client.get(reverse("contacts:contact", args=[contact.pk])).content.decode()
    client.post(reverse("contacts:edit", args=[contact.pk]), {"given_name": "Анна"})

    assert Event.objects.filter(action=Action.DELETED).count() == 1
    assert "Тверь" not in page
    contact.refresh_from_db()
    assert contact.field_values == {}
    assert "тверь" not in Contact.objects.values_list("lexemes", flat=True)[0]
