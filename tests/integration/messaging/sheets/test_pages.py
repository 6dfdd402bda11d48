"""The pages of a spreadsheet, as a browser asks for them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import User
from portal.contacts.models import Contact
from portal.delivery.models import Message
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import Mailing, PreparedRecipient, Sheet, Stage
from tests.factories import (
    GatewayAccountFactory,
    MailingFactory,
    MemberFactory,
    SenderNameFactory,
    sheet_made,
)

pytestmark = pytest.mark.django_db

LIST = (
    "Телефон;Имя;Сумма, руб.\n8 (921) 000-00-01;Анна;1500\n7,9E+10;Вера;1\n89210000002;Борис;20\n"
)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory()
    GatewayAccountFactory(organisation=member.organisation)
    SenderNameFactory(organisation=member.organisation, value="ACME")
    client.force_login(member)
    return member


def address(page: str, sheet: Sheet | None = None) -> str:
    return reverse(f"messaging:{page}", args=[sheet.pk] if sheet else [])


def upload(content: bytes, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def named(*names: str, phone: str = "0") -> dict[str, str]:
    return {"phone_column": phone} | {f"name-{at}": name for at, name in enumerate(names)}


def test_from_the_file_to_messages_of_each_rows_own_text(client: Client, author: User) -> None:
    uploaded = client.post(address("sheet_add"), {"file": upload(LIST.encode("cp1251"))})
    sheet = Sheet.objects.get()
    assert uploaded.headers["Location"] == address("sheet", sheet)
    page = client.get(address("sheet", sheet))
    assert page.context["form"]["phone_column"].value() == "0"
    assert [column.field.value() for column in page.context["columns"]] == [
        "Телефон",
        "Имя",
        "Сумма руб",
    ]
    assert [(row.number, row.phone, bool(row.fault)) for row in page.context["rows"].rows] == [
        (2, "+7 921 000-00-01", False),
        (3, "", True),
        (4, "+7 921 000-00-02", False),
    ]

    chosen = client.post(address("sheet", sheet), named("", "кто", "долг"))
    compose = client.get(chosen.headers["Location"])
    assert compose.context["form"].chosen_sheet == sheet
    written = {
        "sender": "ACME",
        "text": "{Кто}, к оплате {долг} р.",
        "sheet": str(sheet.pk),
        "form_key": "1" * 32,
    }
    client.post(reverse("messaging:confirm"), written)

    mailing = Mailing.objects.get()
    work_to_the_end(mailing.pk)
    prepared = PreparedRecipient.objects.filter(mailing=mailing).order_by("position")
    assert list(prepared.values_list("phone", "text")) == [
        ("79210000001", "Анна, к оплате 1500 р."),
        ("79210000002", "Борис, к оплате 20 р."),
    ]
    assert not Contact.objects.exists()


def test_a_pasted_table_is_taken_like_a_file(client: Client, author: User) -> None:
    client.post(address("sheet_add"), {"text": "Имя\tНомер\nАнна\t89210000001\n"})

    sheet = Sheet.objects.get()
    assert (sheet.columns, sheet.phone_column, sheet.row_count) == (["Имя", "Номер"], 1, 1)


def test_a_column_of_numbers_is_known_by_its_cells(client: Client, author: User) -> None:
    sheet = sheet_made(author, "Номер;Куда\n17;89210000001\n18;89210000002\n")

    assert sheet.phone_column == 1


def test_headings_become_names_that_a_text_can_say(client: Client, author: User) -> None:
    sheet = sheet_made(author, "Телефон;Сумма {руб};Сумма: руб;;%\n89210000001;1;2;3;4\n")

    assert sheet.columns[:3] == ["Телефон", "Сумма руб", "Сумма руб 2"]
    assert len({*sheet.columns}) == 5


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (named("", "имя", "Имя"), "name-2"),
        (named("", "и{мя", ""), "name-1"),
        (named("", "и:мя", ""), "name-1"),
        (named("", "и" * 101, ""), "name-1"),
        (named("", "а\0б", ""), "name-1"),
        (named("", "а", "б", phone=""), "phone_column"),
        (named("", "а", "б", phone="9"), "phone_column"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_stays_in_the_form(
    client: Client, author: User, data: dict[str, str], field: str
) -> None:
    sheet = sheet_made(author, LIST)

    page = client.post(address("sheet", sheet), data)

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert Sheet.objects.get().columns == sheet.columns


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "file"),
        ({"text": "  \n"}, "file"),
        ({"file": (b"", "a.csv")}, "file"),
        ({"file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.xls")}, "file"),
        ({"file": (b"a", "a.csv"), "text": "b"}, "text"),
        ({"file": (b"a;b\n" * 30_000, "long.csv")}, "file"),
    ],
)
def test_what_cannot_be_read_is_refused_beside_its_field(
    client: Client, author: User, settings: Settings, data: dict[str, Any], field: str
) -> None:
    settings.IMPORT_MAX_BYTES = 100_000
    sent = {
        name: value if isinstance(value, str) else upload(*value) for name, value in data.items()
    }

    page = client.post(address("sheet_add"), sent)

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert not Sheet.objects.exists()


def test_reading_the_file_another_way_shows_other_columns(client: Client, author: User) -> None:
    sheet = sheet_made(author, LIST)
    way = {"format": "csv", "encoding": "windows-1251", "delimiter": ",", "header_row": "1"}

    part = client.post(address("sheet_reread", sheet), way, headers=HTMX)

    assert part.templates[0].name == "messaging/sheets/_columns.html"
    assert [column.heading for column in part.context["columns"]] == ["Телефон;Имя;Сумма", "руб."]
    plain = client.post(address("sheet_reread", sheet), way | {"delimiter": ";"})
    assert plain.headers["Location"] == address("sheet", sheet)
    assert Sheet.objects.get().columns == sheet.columns


def test_a_way_to_read_that_fails_is_told_and_changes_nothing(client: Client, author: User) -> None:
    sheet = sheet_made(author, LIST)

    page = client.post(address("sheet_reread", sheet), {"format": "xlsx"})

    assert page.status_code == 200
    assert page.context["reading_form"].errors
    assert Sheet.objects.get().reading == sheet.reading


def test_rows_are_looked_at_by_what_is_chosen_and_nothing_is_kept(
    client: Client, author: User
) -> None:
    sheet = sheet_made(author, LIST)

    part = client.post(
        address("sheet_rows", sheet), named("тел", "", "долг", phone="2"), headers=HTMX
    )

    assert part.templates[0].name == "messaging/sheets/_rows.html"
    rows = part.context["rows"]
    assert (rows.names, rows.bad) == (["тел"], 3)
    assert Sheet.objects.get().columns == sheet.columns


def test_an_html_file_name_and_cells_stay_inert(client: Client, author: User) -> None:
    evil = "<script>alert(1)</script>"
    content = f"Телефон;{evil}\n{evil};{evil}\n".encode("cp1251")
    client.post(address("sheet_add"), {"file": upload(content, f"{evil}.csv")})

    page = client.get(address("sheet", Sheet.objects.get())).content.decode()

    assert evil not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("page", ["sheet", "sheet_reread", "sheet_rows", "sheet_delete"])
@pytest.mark.parametrize("is_colleague", [True, False])
def test_nobody_but_its_author_sees_it(
    client: Client, author: User, page: str, *, is_colleague: bool
) -> None:
    other = MemberFactory(**({"organisation": author.organisation} if is_colleague else {}))
    sheet = sheet_made(other, LIST)

    assert client.post(address(page, sheet), named("а", "б", "в")).status_code == 404
    assert not client.get(f"{address('compose')}?sheet={sheet.pk}").context["form"].chosen_sheet
    assert Sheet.objects.get().columns == sheet.columns


def test_a_file_can_be_deleted_unless_a_mailing_uses_it(client: Client, author: User) -> None:
    free, used = sheet_made(author), sheet_made(author)
    MailingFactory(author=author, stage=Stage.DRAFT, sheet=used)

    for sheet in (free, used):
        client.post(address("sheet_delete", sheet))

    assert list(Sheet.objects.all()) == [used]


def test_the_text_is_seen_with_the_first_good_rows_values(client: Client, author: User) -> None:
    sheet = sheet_made(author, "Телефон;Имя\n12345;Вера\n89210000001;Анна\n89210000002;\n")
    data = {"sender": "ACME", "sheet": str(sheet.pk), "form_key": "1" * 32}

    page = client.post(address("live"), data | {"text": "Привет, {имя}!"})

    assert page.context["outlook"].text.prepared == "Привет, Анна!"


def test_a_trial_of_a_spreadsheets_text_is_the_first_rows(client: Client, author: User) -> None:
    sheet = sheet_made(author, "Телефон;Имя\n89210000001;Анна\n")
    data = {"sender": "ACME", "sheet": str(sheet.pk), "form_key": "1" * 32}

    client.post(
        address("trial"), data | {"text": "Привет, {имя}!", "own_number": "8 921 000-00-09"}
    )

    trial = Message.objects.get()
    assert trial.text == "Привет, Анна!"
    assert list(trial.recipients.values_list("phone", flat=True)) == ["79210000009"]
