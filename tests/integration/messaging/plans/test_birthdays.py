"""Whose birthday it is."""

from datetime import UTC, datetime

import pytest

from portal.accounts.models import Organisation, User
from portal.contacts.models import Contact, ContactField, FieldKind, Group
from portal.core.errors import Refused
from portal.messaging.picked import Picked, sources
from portal.messaging.plans.birthdays import check_birthday_people, with_birthday
from tests.factories import ContactFactory, ContactFieldFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    return MemberFactory()


@pytest.fixture
def organisation(member: User) -> Organisation:
    assert member.organisation is not None
    return member.organisation


@pytest.fixture
def born(organisation: Organisation) -> ContactField:
    return ContactFieldFactory(organisation=organisation, kind=FieldKind.DATE)


@pytest.fixture
def group(organisation: Organisation) -> Group:
    return GroupFactory(organisation=organisation)


def somebody(group: Group, born: ContactField, day: str) -> Contact:
    contact = ContactFactory(organisation=group.organisation, field_values={str(born.pk): day})
    group.contacts.add(contact)
    return contact


def celebrating(member: User, group: Group, field: int, now: datetime) -> list[Contact]:
    assert member.organisation is not None
    found = sources(member, Picked(group_ids=(group.pk,)), now=now)
    narrowed = with_birthday(found, field=field, organisation=member.organisation, now=now)
    return [contact for source in narrowed for contact in source.contacts]


def test_those_of_the_group_whose_day_it_is(
    member: User, group: Group, born: ContactField, organisation: Organisation
) -> None:
    today = somebody(group, born, "1990-11-24")
    somebody(group, born, "1990-11-25")
    elsewhere = GroupFactory(organisation=organisation)
    somebody(elsewhere, born, "1990-11-24")

    noon = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert celebrating(member, group, born.pk, noon) == [today]


def test_the_day_is_the_organisations(member: User, group: Group, born: ContactField) -> None:
    tomorrow = somebody(group, born, "1990-11-25")

    late_in_london = datetime(2026, 11, 24, 22, tzinfo=UTC)

    assert celebrating(member, group, born.pk, late_in_london) == [tomorrow]


@pytest.mark.parametrize(("year", "count"), [(2027, 1), (2028, 0)])
def test_who_was_born_on_29_february_is_greeted_on_the_28th_of_other_years(
    member: User, group: Group, born: ContactField, year: int, count: int
) -> None:
    somebody(group, born, "2000-02-29")

    assert len(celebrating(member, group, born.pk, datetime(year, 2, 28, 9, tzinfo=UTC))) == count


def test_of_a_field_that_is_gone_or_anothers_nobody(
    member: User, group: Group, born: ContactField
) -> None:
    somebody(group, born, "1990-11-24")
    theirs = ContactFieldFactory(kind=FieldKind.DATE)

    assert celebrating(member, group, theirs.pk, datetime(2026, 11, 24, 9, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("picked", "field"), [(Picked(typed="79210000000", group_ids=(1,)), "numbers"), (Picked(), "q")]
)
def test_typed_numbers_and_nobody_have_no_birthdays(picked: Picked, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_birthday_people(picked)

    assert refused.value.field == field
