"""The page of a file's columns: what is chosen there stays, and is seen."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.imports.services import import_upload
from portal.contacts.models import ContactField, Import, ImportStage, ImportTarget
from tests.factories import MemberFactory, import_made

pytestmark = pytest.mark.django_db

LIST = "ФИО;Телефон;Город\nПетров Иван;8 (921) 000-00-01;\nОрлова Анна;89210000002;Псков\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory(role=Role.MANAGER)
    client.force_login(member)
    return member


def make_field(client: Client, source: Import, name: str) -> list[str]:
    """What is chosen for the columns afterwards, and what is said."""
    address = reverse("contacts:import_field", args=[source.pk])
    sent = {f"column-{at}": meaning for at, meaning in enumerate(source.columns)}
    data = {"field_name": name, "field_kind": "text", **sent}
    response = client.post(address, data, headers=HTMX)
    return [*(each.field.value() for each in response.context["columns"]), response.context["made"]]


def test_a_new_field_is_chosen_for_the_column_of_its_name(client: Client, author: User) -> None:
    source = import_made(author, LIST)

    *chosen, said = make_field(client, source, "город")

    assert chosen == ["name", "phone", f"field:{ContactField.objects.get().pk}"]
    assert "“Город”" in said


def test_a_new_field_of_another_name_is_left_to_be_chosen(client: Client, author: User) -> None:
    source = import_made(author, LIST)

    *chosen, said = make_field(client, source, "Место")

    assert chosen == source.columns
    assert "Место" in said


def test_without_scripts_a_new_field_forgets_no_choice(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    data = {"field_name": "Город", "field_kind": "text", "group": "new", "new_group": "Псковские"}

    response = client.post(reverse("contacts:import_field", args=[source.pk]), data)

    assert response.context["form"]["new_group"].value() == "Псковские"
    assert "<html" in response.content.decode()


def test_going_back_to_the_columns_forgets_nothing(client: Client, author: User) -> None:
    source = import_made(
        author,
        LIST,
        ImportStage.CHECKED,
        new_group="Новые",
        is_own=True,
        updates_known=False,
    )

    response = client.get(reverse("contacts:import_columns", args=[source.pk]))

    form = response.context["form"]
    names = ("shelf", "group", "new_group", "known")
    assert [form[name].value() for name in names] == ["own", "new", "Новые", "leave"]


def test_examples_are_a_columns_first_filled_cells(client: Client, author: User) -> None:
    source = import_made(author, LIST)

    response = client.get(reverse("contacts:import_columns", args=[source.pk]))

    assert response.context["columns"][2].examples == ["Псков"]


def test_lines_that_no_card_has_are_no_columns_but_keep_their_meaning(
    client: Client, author: User
) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nN:Петров;Иван;;;\nTEL:+79210000001\nEND:VCARD\n"
    source = import_upload(
        actor=author, target=ImportTarget.CONTACTS, file_name="a.vcf", chunks=[card.encode()]
    )

    response = client.get(reverse("contacts:import_columns", args=[source.pk]))

    shown = [each.heading for each in response.context["columns"] if each.is_shown]
    assert shown == ["Surname", "Given name", "Phone"]
    page = response.content.decode()
    assert '<input type="hidden" name="column-5" value="note">' in page


def test_the_row_of_the_headings_can_be_chosen(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    data = {"format": "csv", "encoding": "windows-1251", "delimiter": ";", "header_row": "0"}

    response = client.post(reverse("contacts:import_reread", args=[source.pk]), data, headers=HTMX)

    source.refresh_from_db()
    assert source.reading["header_row"] == 0
    assert response.context["columns"][0].examples[0] == "ФИО"


def test_the_first_import_begins_with_the_upload(client: Client, author: User) -> None:
    response = client.get(reverse("contacts:imports"))
    assert response.headers["Location"] == reverse("contacts:import_add")

    import_made(author, LIST)
    assert client.get(reverse("contacts:imports")).status_code == 200
