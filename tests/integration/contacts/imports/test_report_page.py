"""What the report says before anything is written, and the question before an undo."""

import csv
import io
import re

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.imports.services import import_confirm
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Contact, Import, ImportStage, ImportTarget, StopListEntry
from tests.factories import (
    ContactFactory,
    ContactFieldFactory,
    GroupFactory,
    MemberFactory,
    import_made,
)

pytestmark = pytest.mark.django_db

LIST = (
    "ФИО;Телефон;Город;Код\nПетров Иван;8 (921) 000-00-01;Псков;1\n"
    "Орлова Анна;;;2\nПётр;89210000001;;3\nОрлова Анна;;;4\nИванов;123;;5\n"
)


@pytest.fixture
def author(client: Client) -> User:
    member: User = MemberFactory(role=Role.MANAGER)
    client.force_login(member)
    return member


def page_of(client: Client, source: Import, page: str = "import") -> str:
    return client.get(reverse(f"contacts:{page}", args=[source.pk])).content.decode()


def words_at(page: str, place: str) -> str:
    found = re.search(rf'id="{place}">(.*?)</(?:dd|dt|p)>', page, re.DOTALL)
    assert found, place
    return re.sub(r"<[^>]+>", "", found[1])


def test_rows_without_a_number_are_counted_and_repeated_ones_named(
    client: Client, author: User
) -> None:
    source = import_made(author, LIST, ImportStage.CHECKED)
    page = page_of(client, source)

    assert words_at(page, "count-without-number") == "1"
    repeated = source.report["repeated"]["examples"]
    assert [(row, whom) for row, whom in repeated] == [
        (4, "+7 921 000-00-01"),
        (5, "Орлова Анна"),
    ]
    assert "Орлова Анна" in words_at(page, "repeated")


def test_a_repeat_is_named_with_the_row_that_it_repeats(client: Client, author: User) -> None:
    repeated = words_at(page_of(client, import_made(author, LIST, ImportStage.CHECKED)), "repeated")
    assert "row 4 repeats row 2: +7 921 000-00-01" in repeated
    assert "row 5 repeats row 3: Орлова Анна" in repeated


def test_whom_an_import_changes_is_shown_as_it_is_and_as_it_will_be(
    client: Client, author: User
) -> None:
    city = ContactFieldFactory(organisation=author.organisation, name="Город")
    ContactFactory(
        organisation=author.organisation,
        surname="Петров",
        given_name="Ваня",
        phone="79210000001",
        field_values={str(city.pk): "Псков"},
    )
    text = (
        "Фамилия;Имя;Телефон;Город;Примечание\n"
        "Петров;Иван;89210000001;Псков;сосед\nНовая;Анна;89210000002;;\n"
    )

    page = page_of(client, import_made(author, text, ImportStage.CHECKED))

    (changes,) = re.findall(r'id="changes">(.*?)</ul>', page, re.DOTALL)
    assert "Given name: “Ваня” becomes “Иван”" in changes
    assert "Note: “сосед” is added" in changes
    assert "Город" not in changes
    assert changes.count("<li>") == 1


def test_nothing_is_said_to_change_where_known_contacts_are_left(
    client: Client, author: User
) -> None:
    ContactFactory(organisation=author.organisation, phone="79210000001")
    source = import_made(author, LIST, ImportStage.CHECKED, updates_known=False)
    assert 'id="changes"' not in page_of(client, source)


def test_ones_own_contacts_are_counted_in_the_report(client: Client, author: User) -> None:
    ContactFactory(organisation=author.organisation, owner=author, phone="79210000001")
    page = page_of(client, import_made(author, LIST, ImportStage.CHECKED))
    assert (words_at(page, "count-own"), words_at(page, "count-new")) == ("1", "1")


def test_columns_that_nothing_is_taken_from_are_named(client: Client, author: User) -> None:
    page = page_of(client, import_made(author, LIST, ImportStage.CHECKED))
    assert "Город, Код" in words_at(page, "left-out")


def test_the_first_people_are_shown_as_they_will_be_written(client: Client, author: User) -> None:
    ContactFieldFactory(organisation=author.organisation, name="Город")
    source = import_made(author, LIST, ImportStage.CHECKED)

    response = client.get(reverse("contacts:import", args=[source.pk]))

    first, second = response.context["import"].first_people
    assert (first.phone, [value for _, value in first.named]) == (
        "+7 921 000-00-01",
        ["Петров", "Иван", "", "Псков"],
    )
    assert second.phone == ""


@pytest.mark.parametrize("group", ["none", "new", "old"])
def test_the_report_says_into_which_group_they_go(client: Client, author: User, group: str) -> None:
    there = GroupFactory(organisation=author.organisation, name="Прежняя")
    chosen = {"none": {}, "new": {"new_group": "Новая"}, "old": {"group": there}}[group]

    page = page_of(client, import_made(author, LIST, ImportStage.CHECKED, **chosen))

    assert ("Новая" in page, "Прежняя" in page) == (group == "new", group == "old")


def test_one_reason_goes_with_every_number_that_has_none(client: Client, author: User) -> None:
    content = "Телефон;Причина\n89210000001;\n89210000002;Просил\n"
    target = ImportTarget.STOP_LIST
    reason = "Список отказов"
    source = import_made(author, content, ImportStage.CHECKED, target=target, reason=reason)
    assert reason in page_of(client, source)

    import_confirm(source=source, actor=author)
    work_to_the_end(source.pk)

    reasons = StopListEntry.objects.order_by("phone").values_list("reason", flat=True)
    assert list(reasons) == [reason, "Просил"]


def test_the_question_of_an_undo_says_how_many_go_and_stay(client: Client, author: User) -> None:
    source = import_made(author, LIST, ImportStage.DONE, new_group="Новая")
    other = GroupFactory(organisation=author.organisation)
    contact = Contact.objects.get(name="Орлова Анна")
    contact.memberships.create(group=other)

    response = client.get(reverse("contacts:import_undo", args=[source.pk]))

    assert response.context["import"].undo_counts == {"deleted": 1, "kept": 1}


def rows_of_bad_file(client: Client, source: Import) -> list[list[str]]:
    response = client.get(reverse("contacts:import_bad_rows", args=[source.pk]))
    text = b"".join(response.streaming_content).decode("windows-1251")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_bad_rows_come_with_their_number_and_a_former_reason_is_not_doubled(
    client: Client, author: User
) -> None:
    first = rows_of_bad_file(client, import_made(author, LIST, ImportStage.CHECKED))
    assert first[1][-1] == "6"

    again = "\n".join(";".join(row) for row in first) + "\n"
    second = rows_of_bad_file(client, import_made(author, again, ImportStage.CHECKED))

    assert second[0] == first[0]
    assert (len(second[1]), second[1][-1]) == (len(first[1]), "2")
