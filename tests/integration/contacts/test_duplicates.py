"""Likely duplicates."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.contacts.merging import duplicates
from portal.contacts.merging.duplicates import Alike, duplicates_page
from portal.contacts.models import Contact
from tests.factories import ContactFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    member: User = MemberFactory()
    return member


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "WALKED", dict.fromkeys(Alike, 3))
    monkeypatch.setattr(duplicates, "MOST_SETS", 2)


def contact_of(member: User, name: str = "", **fields: object) -> Contact:
    contact: Contact = ContactFactory(organisation=member.organisation, name=name, **fields)
    return contact


def every_set(member: User, alike: Alike) -> Iterator[set[int]]:
    cursor = None
    for _page in range(100):
        page = duplicates_page(member, alike, cursor=cursor)
        yield from ({contact.pk for contact in found} for found in page.sets)
        if (cursor := page.next_cursor) is None:
            return
    pytest.fail("The walk does not end")


def test_contacts_of_one_name_are_found_whatever_its_case_and_spelling(member: User) -> None:
    one, same = contact_of(member, "Семёнов  Пётр"), contact_of(member, "СЕМЕНОВ ПЕТР")
    contact_of(member, "Семенов Павел")

    assert list(every_set(member, Alike.NAME)) == [{one.pk, same.pk}]


def test_contacts_without_a_name_archived_ones_and_others_own_are_left_out(member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    for _twice in range(2):
        contact_of(member)
        contact_of(member, "Анна", archived_at=timezone.now())
        contact_of(member, "Яна", owner=colleague)
        ContactFactory(name="Ева")

    assert list(every_set(member, Alike.NAME)) == []


def test_an_own_contact_is_like_a_shared_one_by_name_and_by_number(member: User) -> None:
    own = contact_of(member, "Анна", owner=member, phone="79210000000")
    named = contact_of(member, "Анна", phone="79210000001")
    numbered = contact_of(member, "Яна", phone="79210000000")

    assert list(every_set(member, Alike.NAME)) == [{own.pk, named.pk}]
    assert list(every_set(member, Alike.NUMBER)) == [{own.pk, numbered.pk}]


@pytest.mark.usefixtures("small")
def test_the_walk_goes_on_where_a_page_ended_and_misses_nobody(member: User) -> None:
    expected = []
    for letter in "абвгдежз":
        twins = [contact_of(member, f"Имя {letter}") for _ in range(2 if letter in "бвз" else 1)]
        if len(twins) > 1:
            expected.append({twin.pk for twin in twins})

    assert list(every_set(member, Alike.NAME)) == expected


@pytest.mark.usefixtures("small")
def test_more_namesakes_than_a_page_looks_through_do_not_stop_the_walk(member: User) -> None:
    for _namesake in range(5):
        contact_of(member, "Анна")
    twins = {contact_of(member, "Яна").pk for _ in range(2)}

    first, last = every_set(member, Alike.NAME)

    assert len(first) == 3
    assert last == twins


@pytest.mark.usefixtures("small")
def test_numbers_are_walked_page_by_page(member: User) -> None:
    expected = []
    for number in range(7):
        phone = f"7921000000{number}"
        own = contact_of(member, owner=member, phone=phone)
        if number % 2:
            expected.append({own.pk, contact_of(member, phone=phone).pk})

    assert list(every_set(member, Alike.NUMBER)) == expected


@pytest.mark.parametrize("cursor", ["x", "\0", "é", "1:x"])
def test_a_made_up_cursor_shows_the_first_page(member: User, cursor: str) -> None:
    contact_of(member, "Анна")
    contact_of(member, "Анна")

    page = duplicates_page(member, Alike.NAME, cursor=cursor)

    assert page.is_first
    assert len(page.sets) == 1


def test_the_page_leads_from_each_to_the_one_before_it(client: Client, member: User) -> None:
    one, two, three = (contact_of(member, "<b>Анна</b>") for _ in range(3))
    client.force_login(member)

    page = client.get(reverse("contacts:duplicates")).content.decode()
    other = client.get(reverse("contacts:duplicates"), {"by": "number"}).content.decode()

    assert reverse("contacts:merge", args=[one.pk, two.pk]) in page
    assert reverse("contacts:merge", args=[two.pk, three.pk]) in page
    assert "<b>Анна" not in page
    assert reverse("contacts:merge", args=[one.pk, two.pk]) not in other
