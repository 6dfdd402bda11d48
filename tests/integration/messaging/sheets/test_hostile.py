"""Whatever is uploaded: refused beside the field, or a mailing that can be prepared."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import Mailing, Sheet
from tests.factories import GatewayAccountFactory, MemberFactory, SenderNameFactory, sheet_made
from tests.integration.access.conftest import undone
from tests.integration.contacts.imports.test_arbitrary_bytes import FILES, NAMES
from tests.unit.contacts.reading.files import workbook_of
from tests.unit.contacts.reading.test_xlsx import (
    BOMB,
    HOSTILE_MIB,
    hostile_parts,
    incompressible,
    with_part,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory()
    GatewayAccountFactory(organisation=member.organisation)
    SenderNameFactory(organisation=member.organisation, value="ACME")
    client.force_login(member)
    return member


def go_through(client: Client, content: bytes, name: str) -> None:
    """Upload it, look at it in every way, and write to its rows."""
    sent = {"file": SimpleUploadedFile(name, content)}
    assert client.post(reverse("messaging:sheet_add"), sent).status_code in {200, 302}
    for sheet in Sheet.objects.all():
        at = {page: reverse(f"messaging:{page}", args=[sheet.pk]) for page in PAGES}
        assert client.get(at["sheet"]).status_code == 200
        chosen = {f"name-{number}": column for number, column in enumerate(sheet.columns)}
        chosen["phone_column"] = str(sheet.phone_column or 0)
        assert client.post(at["sheet_rows"], chosen).status_code == 200
        assert client.post(at["sheet"], chosen).status_code in {200, 302}
        write(client, sheet)
        way = {"format": "text", "encoding": "koi8-r"}
        assert client.post(at["sheet_reread"], way).status_code in {200, 302}


PAGES = ("sheet", "sheet_rows", "sheet_reread")


def write(client: Client, sheet: Sheet) -> None:
    text = "".join(f"{{{name}}} " for name in sheet.columns)
    data = {
        "sender": "ACME",
        "text": f"Привет {text}",
        "sheet": str(sheet.pk),
        "form_key": f"{sheet.pk:032}",
        "skip_missing": "on",
    }
    assert client.post(reverse("messaging:confirm"), data).status_code in {200, 302}
    for mailing in Mailing.objects.all():
        work_to_the_end(mailing.pk)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=FILES, name=NAMES)
def test_any_bytes_go_the_whole_way_or_are_refused(
    client: Client, author: User, content: bytes, name: str
) -> None:
    with undone():
        go_through(client, content, name)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.dictionaries(st.sampled_from(["phone_column", "name-0", "name-1"]), st.text()))
def test_any_choice_is_taken_or_refused(client: Client, author: User, data: dict[str, str]) -> None:
    with undone():
        sheet = sheet_made(author)
        for page in ("sheet_rows", "sheet", "sheet_reread"):
            response = client.post(reverse(f"messaging:{page}", args=[sheet.pk]), data)
            assert response.status_code in {200, 302}


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return packed.getvalue()


def with_entities() -> bytes:
    book = with_part(workbook_of(["Анна"]), "xl/worksheets/sheet1.xml", BOMB.encode())
    return book.getvalue()


@pytest.mark.parametrize(
    "content",
    [bomb(), with_entities(), b"PK\x03\x04" + b"\0" * 100, b"%PDF-1.7"],
    ids=["bomb", "entities", "broken", "pdf"],
)
def test_a_workbook_that_would_harm_is_refused_beside_its_field(
    client: Client, author: User, content: bytes
) -> None:
    sent = {"file": SimpleUploadedFile("a.xlsx", content)}

    page = client.post(reverse("messaging:sheet_add"), sent)

    assert (page.status_code, list(page.context["form"].errors)) == (200, ["file"])
    assert not Sheet.objects.exists()


@pytest.mark.parametrize("shape", hostile_parts())
def test_no_shape_of_a_workbook_is_more_than_refused(
    client: Client, author: User, shape: str
) -> None:
    part, content = hostile_parts()[shape]
    book = incompressible(with_part(workbook_of(["Анна"]), part, content()), HOSTILE_MIB)

    go_through(client, book.getvalue(), "a.xlsx")

    assert not Sheet.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        "Телефон;Имя\n89210000001;Анна\n".encode("cp1251"),
        "Телефон,Имя\n89210000001,Анна\n".encode("utf-8-sig"),
        "Телефон\tИмя\n89210000001\tАнна\n".encode("utf-16"),
        'Телефон;Имя\n89210000002;"'.encode() + b"x" * 300_000 + b"\n89210000001;\xd0\x90\n",
        "Телефон;Имя\n89210000002;А\0\n89210000001;Анна\n".encode(),
        "Телефон;Имя\n89210000002\n89210000002;А;Б;В\n89210000001;Анна\n".encode(),
        "Телефон;Имя\n7,9E+10;Вера\n79210000001.0;Анна\n".encode(),
        "Телефон;Имя\n89210000001;=1+1\n".encode(),
    ],
    ids=["cp1251", "bom", "utf-16", "quote", "nul", "cells", "excel", "formula"],
)
def test_files_that_spreadsheets_spoil_give_their_good_rows(
    client: Client, author: User, content: bytes
) -> None:
    go_through(client, content, "a.csv")

    # The last way of reading that was tried has left the file; what was prepared stays.
    mailing = Mailing.objects.get()
    assert list(mailing.prepared.values_list("phone", flat=True)) == ["79210000001"]
