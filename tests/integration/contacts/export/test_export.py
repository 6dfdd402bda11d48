"""Exports of contacts: whose, as what, and back again."""

import io
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.export.formats import ExportFormat
from portal.contacts.models import Contact, ContactField, FieldKind, ImportStage
from portal.contacts.reading import (
    Doctor,
    Healthy,
    OwnField,
    guess_meanings,
    preview,
    recognise,
    rows,
)
from tests.factories import (
    ContactFactory,
    ContactFieldFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    StopFactory,
    contacts_made,
    import_made,
)

pytestmark = pytest.mark.django_db

EXPORT = reverse("contacts:export")
LIST = reverse("contacts:contacts")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory(role=Role.SENDER)
    client.force_login(member)
    return member


def exported(client: Client, file_format: str = "csv", query: str = "") -> bytes:
    response = client.post(EXPORT + query, {"format": file_format})
    assert response.status_code == 200
    pieces = response.streaming_content  # type: ignore[attr-defined]  # of the streamed answer
    assert isinstance(pieces, Iterable)
    return b"".join(pieces)


def names_in(content: bytes) -> list[str]:
    """Given names, in order."""
    source = io.BytesIO(content)
    return [row.cells[1] for row in rows(source, recognise(source, "people.csv"))]


def read_as(member: User, content: bytes) -> list[dict[str, object]]:
    """What an import of the file would write, by what it guesses alone."""
    assert member.organisation is not None
    source = io.BytesIO(content)
    reading = recognise(source, "people.csv")
    shown = preview(source, reading)
    fields = [
        OwnField(field.pk, field.name, field.kind)
        for field in ContactField.objects.filter(organisation=member.organisation)
    ]
    doctor = Doctor(
        guess_meanings(shown.headings, [row.cells for row in shown.rows], fields, {}),
        organisation_id=member.organisation.pk,
        field_kinds={field.id: field.kind for field in fields},
        countries=member.organisation.allowed_countries,
    )
    found = [doctor.examine(row.cells) for row in rows(source, reading)]
    healthy = [each for each in found if isinstance(each, Healthy) and not each.repairs]
    assert healthy == found
    return [each._asdict() for each in healthy]


def test_shared_contacts_and_ones_own_are_exported_by_name_and_nobody_elses(
    client: Client, member: User
) -> None:
    for name in ("Яна", "Анна"):
        ContactFactory(organisation=member.organisation, name=name)
    ContactFactory(organisation=member.organisation, owner=member, name="Борис")
    colleague = MemberFactory(organisation=member.organisation)
    ContactFactory(organisation=member.organisation, owner=colleague, name="Чужой")
    ContactFactory(name="Посторонний")
    assert names_in(exported(client)) == ["Анна", "Яна", "Борис"]


def test_the_lists_query_and_group_narrow_the_export(client: Client, member: User) -> None:
    anna = ContactFactory(organisation=member.organisation, name="Анна")
    ContactFactory(organisation=member.organisation, name="Антон")
    group = GroupFactory(organisation=member.organisation)
    group.contacts.add(anna)
    ContactFactory(organisation=member.organisation, owner=member, name="Антонина")
    assert names_in(exported(client, query="?q=анто")) == ["Антон", "Антонина"]
    assert names_in(exported(client, query="?q=анто&whose=own")) == ["Антонина"]
    assert names_in(exported(client, query=f"?group={group.pk}")) == ["Анна"]


@pytest.mark.parametrize("group", ["{foreign}", "{colleagues}", "0", "x"])
def test_groups_that_a_member_does_not_see_are_missing(
    client: Client, member: User, group: str
) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    ids = {
        "foreign": GroupFactory().pk,
        "colleagues": GroupFactory(organisation=member.organisation, owner=colleague).pk,
    }
    response = client.post(f"{EXPORT}?group={group.format(**ids)}", {"format": "csv"})
    assert response.status_code == 404


@pytest.mark.parametrize("file_format", ExportFormat.values)
def test_an_export_imports_without_change_and_error(
    client: Client, member: User, file_format: str
) -> None:
    """Row 27."""
    city = ContactFieldFactory(organisation=member.organisation, name="Город")
    born = ContactFieldFactory(
        organisation=member.organisation, name="Телефон", kind=FieldKind.DATE
    )
    debt = ContactFieldFactory(organisation=member.organisation, name="Долг", kind=FieldKind.NUMBER)
    member.organisation.allowed_countries = ["RU", "BY"]
    member.organisation.save()
    people = [
        Contact(surname="=1+1", given_name="'Иван", patronymic="+Ильич", phone="79210000000"),
        Contact(given_name="Алесь", phone="375291234567", note='a;"b"\nс'),
        Contact(surname="Без номера", field_values={str(city.pk): "-5 @дом"}),
        Contact(
            phone="79312345678",
            field_values={str(born.pk): "1986-11-24", str(debt.pk): "-12.5"},
        ),
        Contact(surname="До Excel", field_values={str(born.pk): "1899-12-31"}),
    ]
    group = GroupFactory(organisation=member.organisation, name="Город")
    StopFactory(organisation=member.organisation, phone="79312345678")
    for person in people:
        person.organisation = member.organisation
        person.save()
        group.contacts.add(person)
    columns = [
        *("surname", "given_name", "patronymic", "name", "phone", "note"),
        *("field_values", "search_key"),
    ]
    found = read_as(member, exported(client, file_format))
    stored = Contact.objects.order_by("search_key", "pk").values(*columns)
    assert [{column: each[column] for column in columns} for each in found] == list(stored)


def last_columns(content: bytes) -> list[list[str]]:
    source = io.BytesIO(content)
    return [row.cells[-2:] for row in rows(source, recognise(source, "people.csv"))]


def test_an_export_of_shared_and_own_contacts_is_imported_for_all_without_change(
    client: Client, member: User
) -> None:
    """Row 27."""
    for owner in (None, member):
        ContactFactory(organisation=member.organisation, owner=owner, name=f"С номером {owner}")
        ContactFactory(organisation=member.organisation, owner=owner, name=f"Без {owner}", phone="")
    before = list(Contact.objects.order_by("pk").values())

    source = import_made(member, exported(client), ImportStage.DONE)

    assert list(Contact.objects.order_by("pk").values()) == before
    counts = {name: source.outcome[name] for name in ("made", "changed", "left", "own")}
    assert counts == {"made": 0, "changed": 0, "left": 2, "own": 2}


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_groups_that_the_member_sees_and_the_stop_list_stand_beside_a_contact(
    client: Client, member: User, file_format: str
) -> None:
    organisation = member.organisation
    colleague = MemberFactory(organisation=organisation)
    anna, boris = (
        ContactFactory(organisation=organisation, name=name, phone=phone)
        for name, phone in (("Анна", "79210000000"), ("Борис", "79210000001"))
    )
    for name, owner in (("Яхта", None), ("Мои", member), ("Чужие", colleague)):
        group = GroupFactory(organisation=organisation, name=name, owner=owner)
        group.contacts.add(anna)
    StopFactory(organisation=None, phone=boris.phone)

    assert last_columns(exported(client, file_format)) == [["Мои; Яхта", ""], ["", "yes"]]


def test_days_are_days_for_a_spreadsheet_and_read_as_people_write_them(
    client: Client, member: User
) -> None:
    born = ContactFieldFactory(organisation=member.organisation, kind=FieldKind.DATE)
    ContactFactory(organisation=member.organisation, field_values={str(born.pk): "1986-11-24"})

    sheet = load_workbook(io.BytesIO(exported(client, "xlsx"))).active
    text = exported(client, "csv").decode("utf-8-sig")

    assert sheet is not None
    cell = sheet["F2"]
    assert (cell.value, cell.is_date) == (datetime(1986, 11, 24), True)
    assert ";24.11.1986;" in text


def test_a_group_s_name_that_windows_1251_lacks_refuses_the_export_too(
    client: Client, member: User
) -> None:
    anna = ContactFactory(organisation=member.organisation, name="Анна")
    GroupFactory(organisation=member.organisation, name="Ә").contacts.add(anna)

    response = client.post(EXPORT, {"format": "csv-windows-1251"}, follow=True)

    (message,) = response.context["messages"]
    assert "Анна" in str(message)


def test_a_page_of_contacts_asks_for_all_groups_and_stops_at_once(
    client: Client, member: User
) -> None:
    contacts_made(
        member.organisation, (f"Анна {n}" for n in range(30)), (f"7921{n:07}" for n in range(30))
    )
    with CaptureQueriesContext(connection) as captured:
        exported(client)
    asking = [q["sql"] for q in captured if "contacts_membership" in q["sql"]]
    assert len(asking) <= 2


def test_a_file_has_a_russian_name(client: Client, member: User) -> None:
    group = GroupFactory(organisation=member.organisation, name='Клиенты / "Тверь"')
    response = client.post(f"{EXPORT}?group={group.pk}", {"format": "xlsx"})
    assert "''Клиенты Тверь 2" in unquote(response["Content-Disposition"])
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")


def test_what_windows_1251_lacks_refuses_the_export_by_name(client: Client, member: User) -> None:
    """Nothing is dropped or becomes a question mark."""
    field = ContactFieldFactory(organisation=member.organisation)
    ContactFactory(organisation=member.organisation, name="Анна", note="«ёлка» №1 — €")
    assert names_in(exported(client, "csv-windows-1251")) == ["Анна"]
    ContactFactory(organisation=member.organisation, name="Әлия")
    ContactFactory(organisation=member.organisation, name="Пётр", field_values={field.pk: "₽"})
    response = client.post(EXPORT, {"format": "csv-windows-1251"}, follow=True)
    assert response.redirect_chain == [(LIST + "?", 302)]
    (message,) = response.context["messages"]
    assert "Пётр, Әлия" in str(message)
    assert names_in(exported(client, "csv")) == ["Анна", "Пётр", "Әлия"]


def test_an_export_is_audited_with_its_count_before_its_first_byte(
    client: Client, member: User
) -> None:
    ContactFactory.create_batch(2, organisation=member.organisation)
    client.post(EXPORT, {"format": "xlsx"})
    event = Event.objects.get(action=Action.EXPORTED)
    assert event.details == {"count": 2, "format": "xlsx"}
    assert event.organisation_id == member.organisation_id
    assert event.actor_id == member.pk


def test_contacts_are_read_by_a_cursor_of_the_servers(client: Client, member: User) -> None:
    """Memory stays flat however many there are."""
    numbers = range(2500)
    names = (f"Анна {number}" for number in numbers)
    contacts_made(member.organisation, names, (f"7921{number:07}" for number in numbers))
    response = client.post(EXPORT, {"format": "csv"})
    pieces = iter(response.streaming_content)  # type: ignore[attr-defined]
    next(pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_holdable FROM pg_cursors WHERE statement LIKE %s", ["%note%"])
        assert cursor.fetchall() == [(False,)]
    assert b"".join(pieces)


def test_an_export_of_no_known_format_is_refused(client: Client, member: User) -> None:
    assert client.post(EXPORT, {"format": "pdf"}).status_code == 400
    assert client.get(EXPORT).status_code == 405
    assert not Event.objects.filter(action=Action.EXPORTED).exists()


def test_another_organisations_contacts_are_in_no_export(client: Client, member: User) -> None:
    ContactFactory(organisation=OrganisationFactory(), name="Посторонний")
    assert names_in(exported(client)) == []
