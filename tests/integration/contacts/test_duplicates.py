"""Likely duplicates."""

from collections.abc import Iterable, Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Event
from portal.contacts.merging import duplicates
from portal.contacts.merging.duplicates import Alike, duplicates_page
from portal.contacts.merging.services import pair_tell_apart
from portal.contacts.models import Contact, DistinctPair, FieldKind
from portal.core.errors import Refused
from tests.factories import ContactFactory, ContactFieldFactory, MemberFactory

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


def joined(pairs: Iterable[tuple[Contact, Contact]]) -> list[set[int]]:
    """Sets of those whom the pairs join."""
    sets: list[set[int]] = []
    for one, other in pairs:
        if sets and one.pk in sets[-1]:
            sets[-1].add(other.pk)
        else:
            sets.append({one.pk, other.pk})
    return sets


def pairs_of(member: User) -> list[tuple[int, int]]:
    page = duplicates_page(member, Alike.NAME, cursor=None)
    return [(one.pk, other.pk) for one, other in page.pairs]


def every_set(member: User, alike: Alike) -> Iterator[set[int]]:
    cursor = None
    for _page in range(100):
        page = duplicates_page(member, alike, cursor=cursor)
        yield from joined(page.pairs)
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
    assert len(page.pairs) == 1


def test_the_page_leads_from_each_to_the_one_before_it(client: Client, member: User) -> None:
    one, two, three = (contact_of(member, "<b>Анна</b>") for _ in range(3))
    client.force_login(member)

    page = client.get(reverse("contacts:duplicates")).content.decode()
    other = client.get(reverse("contacts:duplicates"), {"by": "number"}).content.decode()

    assert reverse("contacts:merge", args=[one.pk, two.pk]) in page
    assert reverse("contacts:merge", args=[two.pk, three.pk]) in page
    assert "<b>Анна" not in page
    assert reverse("contacts:merge", args=[one.pk, two.pk]) not in other


def test_the_page_tells_namesakes_apart_by_number_and_fields(client: Client, member: User) -> None:
    born = ContactFieldFactory(
        organisation=member.organisation, name="Рождение", kind=FieldKind.DATE
    )
    contact_of(member, "Анна", field_values={str(born.pk): "1986-11-24"})
    contact_of(member, "Анна", phone="79210000077")
    client.force_login(member)

    page = client.get(reverse("contacts:duplicates")).content.decode()

    assert "Рождение: 24 Nov 1986" in page
    assert "+7 921 000-00-77" in page


def test_whoever_is_told_apart_is_no_pair_and_the_others_still_are(member: User) -> None:
    one, two, three = (contact_of(member, "Анна") for _ in range(3))
    assert pairs_of(member) == [(one.pk, two.pk), (two.pk, three.pk)]

    pair_tell_apart(one=three, other=two, actor=member)
    assert pairs_of(member) == [(one.pk, two.pk), (one.pk, three.pk)]

    pair_tell_apart(one=one, other=two, actor=member)
    pair_tell_apart(one=one, other=three, actor=member)
    assert pairs_of(member) == []


@pytest.mark.usefixtures("small")
def test_those_told_apart_take_no_place_on_a_page(member: User) -> None:
    for letter in "абв":
        one, other = (contact_of(member, f"Имя {letter}") for _ in range(2))
        pair_tell_apart(one=one, other=other, actor=member)
    twins = {contact_of(member, "Яна").pk for _ in range(2)}

    assert list(every_set(member, Alike.NAME)) == [twins]


def test_two_are_told_apart_once_recorded_and_taken_back(client: Client, member: User) -> None:
    one, two = (contact_of(member, "Анна") for _ in range(2))
    client.force_login(member)

    for pair in ((one, two), (two, one)):
        url = reverse("contacts:tell_apart", args=[contact.pk for contact in pair])
        answer = client.post(url, {"by": "number", "cursor": "a&b"})
        assert answer["Location"] == reverse("contacts:duplicates") + "?by=number&cursor=a%26b"
    told = DistinctPair.objects.get()
    assert (told.first, told.second) == (one, two)

    page = client.get(reverse("contacts:told_apart")).content.decode()
    take_back = reverse("contacts:take_back", args=[told.pk])
    assert take_back in page
    client.post(take_back)

    assert client.post(take_back).status_code == 404
    assert pairs_of(member) == [(one.pk, two.pk)]
    events = Event.objects.filter(object_type="contacts.contact").order_by("sequence")
    assert [event.details for event in events] == [
        {"told_apart_from": two.pk},
        {"may_be_one_with": two.pk},
    ]


def test_a_colleague_s_own_contact_is_told_from_nobody_by_others(
    client: Client, member: User
) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    shared, theirs = contact_of(member, "Анна"), contact_of(member, "Анна", owner=colleague)
    pair_tell_apart(one=shared, other=theirs, actor=colleague)
    told = DistinctPair.objects.get()
    client.force_login(member)

    page = client.get(reverse("contacts:told_apart")).content.decode()

    assert "Анна" not in page
    assert client.post(reverse("contacts:take_back", args=[told.pk])).status_code == 404
    tell = reverse("contacts:tell_apart", args=[shared.pk, theirs.pk])
    assert client.post(tell).status_code == 404
    with pytest.raises(Refused):
        pair_tell_apart(one=shared, other=theirs, actor=member)


@pytest.mark.parametrize("by_sql", [False, True])
def test_a_pair_goes_with_either_contact(member: User, by_sql: bool) -> None:
    """The undo of an import deletes contacts by SQL."""
    for gone_first in (True, False):
        one, two = (contact_of(member, "Анна") for _ in range(2))
        pair_tell_apart(one=one, other=two, actor=member)
        gone = one if gone_first else two
        if by_sql:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [gone.pk])
        else:
            gone.delete()
        assert not DistinctPair.objects.exists()


def test_a_pair_has_one_order_and_one_row(member: User) -> None:
    one, two = (contact_of(member, "Анна") for _ in range(2))
    pairs = DistinctPair.objects
    pairs.create(organisation=member.organisation, first=one, second=two)

    for first, second in ((one, two), (two, one), (one, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            pairs.create(organisation=member.organisation, first=first, second=second)
