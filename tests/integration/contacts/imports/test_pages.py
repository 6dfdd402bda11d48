"""The pages of imports, as a browser asks for them."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.imports.standing import MOST_TAKEOVERS
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.imports.write import write_slice
from portal.contacts.models import Contact, ContactField, Import, ImportStage, ImportTarget
from portal.core.lease import take
from tests.factories import GroupFactory, MemberFactory, import_made

pytestmark = pytest.mark.django_db

LIST = "ФИО;Телефон\nПетров Иван;8 (921) 000-00-01\n=1+1;12345\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory(role=Role.MANAGER)
    client.force_login(member)
    return member


def post(client: Client, page: str, source: Import | None = None, **data: Any) -> Any:
    address = reverse(f"contacts:{page}", args=[source.pk] if source else [])
    return client.post(address, data)


def get(client: Client, page: str, source: Import, **options: Any) -> Any:
    return client.get(reverse(f"contacts:{page}", args=[source.pk]), **options)


def upload(content: bytes, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_uploaded_file_leads_to_its_columns(client: Client, author: User) -> None:
    response = post(client, "import_add", target="contacts", file=upload(LIST.encode("cp1251")))

    source = Import.objects.get()
    assert response.headers["Location"] == reverse("contacts:import_columns", args=[source.pk])
    page = get(client, "import_columns", source)
    assert [column.heading for column in page.context["columns"]] == ["ФИО", "Телефон"]
    assert source.reading["encoding"] == "windows-1251"
    assert source.columns == ["name", "phone"]


def test_a_pasted_list_is_taken_like_a_file(client: Client, author: User) -> None:
    post(client, "import_add", target="stop_list", text="Анна 8 921 000-00-01\n89210000002")

    source = Import.objects.get()
    assert (source.target, source.parts.count()) == (ImportTarget.STOP_LIST, 1)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "file"),
        ({"text": "  \n"}, "file"),
        ({"file": upload(b"")}, "file"),
        ({"file": upload(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.xls")}, "file"),
        ({"file": upload(b"a"), "text": "b"}, "text"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field(
    client: Client, author: User, data: dict[str, Any], field: str
) -> None:
    for sent in data.values():
        if not isinstance(sent, str):
            sent.seek(0)

    response = post(client, "import_add", target="contacts", **data)

    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert not Import.objects.exists()


def test_a_file_over_the_limit_is_refused_beside_its_field(
    client: Client, author: User, settings: Settings
) -> None:
    settings.IMPORT_MAX_BYTES = 100_000

    response = post(client, "import_add", target="contacts", file=upload(b"a;b\n" * 30_000))

    assert "file" in response.context["form"].errors
    assert not Import.objects.exists()


def test_an_html_file_name_and_cells_stay_inert(client: Client, author: User) -> None:
    evil = "<script>alert(1)</script>"
    content = f"ФИО;{evil}\n{evil};x\n".encode("cp1251")

    post(client, "import_add", target="contacts", file=upload(content, f"{evil}.csv"))

    page = get(client, "import_columns", Import.objects.get()).content.decode()
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_reading_the_file_another_way_shows_other_columns(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    address = reverse("contacts:import_reread", args=[source.pk])
    data = {"format": "csv", "encoding": "koi8-r", "delimiter": ",", "header_row": "1"}

    response = client.post(address, data, headers=HTMX)

    source.refresh_from_db()
    assert (source.reading["encoding"], source.reading["delimiter"]) == ("koi8-r", ",")
    assert len(response.context["columns"]) == 1
    assert "<html" not in response.content.decode()


def test_a_way_to_read_that_fails_is_told_and_changes_nothing(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    address = reverse("contacts:import_reread", args=[source.pk])

    response = client.post(address, {"format": "xlsx"}, headers=HTMX)

    before, source = source.reading, Import.objects.get()
    assert response.context["reading_form"].errors["format"]
    assert source.reading == before


def test_a_new_field_can_be_chosen_at_once_and_choices_stay(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    address = reverse("contacts:import_field", args=[source.pk])
    data = {"field_name": "Город", "field_kind": "text", "column-0": "note", "column-1": "phone"}

    response = client.post(address, data, headers=HTMX)

    field = ContactField.objects.get()
    assert f'value="field:{field.pk}"' in response.content.decode()
    chosen = [column.field.value() for column in response.context["columns"]]
    assert chosen == ["note", "phone"]


def test_columns_that_say_of_nobody_are_refused(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    data = {"shelf": "shared", "known": "update", "column-0": "note", "column-1": ""}

    response = post(client, "import_columns", source, **data)

    assert response.context["form"].non_field_errors()
    source.refresh_from_db()
    assert source.stage == ImportStage.UPLOADED


def test_two_columns_are_not_the_same(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    data = {"shelf": "shared", "known": "update", "column-0": "phone", "column-1": "phone"}

    response = post(client, "import_columns", source, **data)

    assert set(response.context["form"].errors) == {"column-0", "column-1"}


def test_a_shared_group_takes_no_contacts_of_ones_own(client: Client, author: User) -> None:
    source = import_made(author, LIST)
    group = GroupFactory(organisation=author.organisation)
    data = {"known": "update", "column-0": "name", "column-1": "phone", "group": group.pk}

    response = post(client, "import_columns", source, shelf="own", **data)

    assert "group" in response.context["form"].errors


@pytest.mark.parametrize("foreign", [True, False])
def test_a_group_that_is_not_ones_own_to_see_is_no_choice(
    client: Client, author: User, foreign: bool
) -> None:
    source = import_made(author, LIST)
    colleague = MemberFactory(organisation=author.organisation)
    group = (
        GroupFactory()
        if foreign
        else GroupFactory(organisation=author.organisation, owner=colleague)
    )
    data = {"known": "update", "column-0": "name", "column-1": "phone", "group": group.pk}

    response = post(client, "import_columns", source, shelf="shared", **data)

    assert "group" in response.context["form"].errors
    source.refresh_from_db()
    assert source.stage == ImportStage.UPLOADED


def test_the_whole_way_through_the_pages(client: Client, author: User) -> None:
    post(client, "import_add", target="contacts", file=upload(LIST.encode("cp1251")))
    source = Import.objects.get()
    data = {"shelf": "shared", "known": "update", "group": "new", "new_group": "Новая"}
    columns = {"column-0": "name", "column-1": "phone"}

    post(client, "import_columns", source, **data, **columns)
    assert b"<progress" in get(client, "import", source).content
    work_to_the_end(source.pk)
    report = get(client, "import", source)
    assert report.context["import"].report.good == 1
    post(client, "import_confirm", source)
    work_to_the_end(source.pk)

    done = get(client, "import", source)
    assert done.context["source"].stage == ImportStage.DONE
    assert [contact.name for contact in Contact.objects.all()] == ["Петров Иван"]


def test_bad_rows_come_back_with_the_reason_and_no_formula(client: Client, author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKED)

    response = get(client, "import_bad_rows", source)

    text = b"".join(response.streaming_content).decode("windows-1251")
    heading, row = csv.reader(io.StringIO(text), delimiter=";")
    assert heading[:2] == ["ФИО", "Телефон"]
    assert row[:2] == ["'=1+1", "12345"]
    assert row[2]


def test_progress_leads_to_the_page_once_the_stage_is_over(client: Client, author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKING)
    address = reverse("contacts:import_progress", args=[source.pk]) + "?stage=checking"
    assert b"<progress" in client.get(address, headers=HTMX).content

    work_to_the_end(source.pk)

    response = client.get(address, headers=HTMX)
    assert response.headers["HX-Redirect"] == reverse("contacts:import", args=[source.pk])


def test_a_confirmation_that_comes_too_late_says_so(client: Client, author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST, ImportStage.CHECKED, group=group)
    group.delete()

    response = client.post(reverse("contacts:import_confirm", args=[source.pk]), follow=True)

    assert "alert" in response.content.decode()
    source.refresh_from_db()
    assert source.stage == ImportStage.CHECKED


def test_a_file_can_be_deleted_unimported(client: Client, author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKED)

    post(client, "import_delete", source)

    assert not Import.objects.exists()


@pytest.mark.parametrize("stage", [ImportStage.WRITING, ImportStage.DONE])
def test_the_page_of_an_import_whose_worker_died_says_that_another_went_on(
    client: Client, author: User, stage: ImportStage
) -> None:
    source = import_made(author, LIST, stage)
    assert 'id="resumed"' not in get(client, "import", source).content.decode()

    Import.objects.update(takeovers=1)

    page = get(client, "import", source).content.decode()
    assert "another one has gone on from where it was" in page


def test_the_page_of_an_import_that_killed_its_workers_says_that_all_was_taken_back(
    client: Client, author: User
) -> None:
    source = import_made(author, LIST, ImportStage.WRITING)
    token = take(Import.objects.all(), source.pk)
    assert token
    write_slice(source, token, seconds=0)
    assert Contact.objects.exists()

    Import.objects.update(takeovers=MOST_TAKEOVERS + 1, lease_until=None)
    work_to_the_end(source.pk)

    assert not Contact.objects.exists()
    page = get(client, "import", source).content.decode()
    assert "The import failed again and again." in page
    assert "What had been written was taken back." in page
