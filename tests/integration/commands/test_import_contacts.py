"""The command that imports contacts."""

import json
from pathlib import Path

import pytest

from portal.accounts.models import User
from portal.audit.models import Event
from portal.contacts.models import Contact, Group, Import
from tests.factories import GroupFactory, MemberFactory
from tests.integration.commands.conftest import Door, Result

pytestmark = pytest.mark.django_db

LIST = "ФИО;Телефон\nПетров Иван;8 (921) 000-00-01\nОшибкин;12\nПовтор;79210000001\n"


@pytest.fixture
def anna() -> User:
    member: User = MemberFactory(email="anna@example.com")
    return member


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST.encode("windows-1251"))
    return path


def run(door: Door, *more: object) -> Result:
    return door("import_contacts", "--as", "anna@example.com", *more)


def test_the_counts_are_printed(door: Door, anna: User, file: Path) -> None:
    result = run(door, file)

    assert result.code == 0
    assert json.loads(result.out) == {
        "id": Import.objects.get().pk,
        "rows": 3,
        "made": 1,
        "changed": 0,
        "left": 0,
        "archived": 0,
        "own": 0,
        "duplicates": 1,
        "stopped": 0,
        "bad": 1,
    }
    assert Contact.objects.get().phone == "79210000001"
    assert set(Event.objects.values_list("origin", flat=True)) == {"command import_contacts"}


def test_a_group_is_used_or_made(door: Door, anna: User, file: Path) -> None:
    group = GroupFactory(organisation=anna.organisation, name="Водители")

    assert run(door, file, "--group", "Водители").code == 0
    assert run(door, file, "--group", "Новые").code == 0

    assert group.contacts.count() == 1
    assert Group.objects.get(name="Новые").contacts.count() == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", "ФИО;Телефон\nx;12\n".encode()])
def test_a_file_of_nothing_is_refused_and_leaves_nothing(
    door: Door, anna: User, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)

    result = run(door, path)

    assert (result.code, result.out) == (1, "")
    assert result.err
    assert not Import.objects.exists()


def test_a_file_that_is_not_there_is_wrong_usage(door: Door, anna: User, tmp_path: Path) -> None:
    assert run(door, tmp_path / "none.csv").code == 2


def test_who_may_not_change_contacts_imports_none(door: Door, file: Path) -> None:
    MemberFactory(email="anna@example.com", role="auditor")

    assert run(door, file).code == 1
    assert not Import.objects.exists()
