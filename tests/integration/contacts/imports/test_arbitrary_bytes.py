"""Whatever is uploaded: never an error of ours, never half of it written."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Contact, Import, ImportStage
from tests.factories import MemberFactory
from tests.integration.access.conftest import undone

pytestmark = pytest.mark.django_db

CELLS = st.sampled_from(
    [
        "Петров Иван",
        "8 (921) 000-00-01",
        "79210000002",
        "",
        '"',
        "\0",
        "=1",
        "\ud83d\ude00",
        "7,9E+10",
    ]
) | st.text(max_size=12)
LINES = st.lists(st.lists(CELLS, max_size=4), max_size=8)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "windows-1251", "utf-16", "koi8-r"])
TABLES = st.builds(
    lambda lines, mark, end, encoding: end.join(mark.join(line) for line in lines).encode(
        encoding, "replace"
    ),
    LINES,
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    ENCODINGS,
)
BEGINNINGS = st.sampled_from([b"", b"PK\x03\x04", b"BEGIN:VCARD\r\n", b"\xff\xfe", b"\xef\xbb\xbf"])
FILES = st.builds(bytes.__add__, BEGINNINGS, st.binary(max_size=300)) | TABLES
NAMES = st.sampled_from(["a.csv", "a.xlsx", "a.vcf", "a.txt", "a"])


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory()
    client.force_login(member)
    return member


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=FILES, name=NAMES, columns=st.lists(st.sampled_from(["phone", "name", "note", ""])))
def test_any_bytes_go_the_whole_way_or_are_refused(
    client: Client, author: User, content: bytes, name: str, columns: list[str]
) -> None:
    with undone():
        sent = {"target": "contacts", "file": SimpleUploadedFile(name, content)}
        assert client.post(reverse("contacts:import_add"), sent).status_code in {200, 302}
        for source in Import.objects.all():
            go_through(client, source, columns)


def go_through(client: Client, source: Import, columns: list[str]) -> None:
    chosen = columns if len(set(columns)) == len(columns) else source.columns
    data = {f"column-{number}": meaning for number, meaning in enumerate(chosen)}
    steps = ("import_columns", "import_confirm")
    for step in steps:
        response = client.post(
            reverse(f"contacts:{step}", args=[source.pk]),
            {"shelf": "shared", "known": "update", **data},
        )
        assert response.status_code in {200, 302}
        work_to_the_end(source.pk)
        for page in ("import", "import_columns", "import_bad_rows"):
            shown = client.get(reverse(f"contacts:{page}", args=[source.pk]))
            assert shown.status_code in {200, 302}
            b"".join(shown)  # type: ignore[arg-type]  # a response is a stream of bytes
    source.refresh_from_db()
    made = Contact.objects.filter(imported_by=source).count()
    good = source.report.get("good", 0)
    assert made == (good if source.stage == ImportStage.DONE else 0)
