"""What contacts have for the placeholders of a text."""

import pytest
from django.utils import timezone
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.fields.services import field_create
from portal.contacts.models import Contact, FieldKind
from portal.contacts.placeholders import placeholders_of, values_by_id, values_by_phone
from portal.core.errors import Refused
from tests.factories import ContactFactory, ContactFieldFactory, MemberFactory

pytestmark = pytest.mark.django_db

PHONE = "79160000001"


@pytest.fixture
def member() -> User:
    member: User = MemberFactory()
    return member


def contact_of(member: User, **fields: object) -> Contact:
    names = {"surname": "Иванова", "given_name": "Анна", "patronymic": "Петровна", "phone": PHONE}
    contact: Contact = ContactFactory(organisation=member.organisation, **{**names, **fields})
    return contact


def by_phone(member: User, *names: str, phones: tuple[str, ...] = (PHONE,)) -> dict[str, object]:
    assert member.organisation
    return dict(
        values_by_phone(
            member, phones, placeholders=placeholders_of(member.organisation), names=names
        )
    )


def test_an_organisation_has_what_every_contact_has_and_its_own_fields(member: User) -> None:
    ContactFieldFactory(organisation=member.organisation, name="Сумма", kind=FieldKind.NUMBER)
    ContactFieldFactory(name="Чужое")
    assert member.organisation
    with override("ru"):
        placeholders = placeholders_of(member.organisation)

    assert [placeholder.written for placeholder in placeholders] == [
        *("{имя}", "{отчество}", "{фамилия}", "{имя отчество}", "{ФИО}", "{телефон}", "{Сумма}")
    ]
    assert placeholders.samples()["сумма"] == "1234,5"


def test_a_contact_says_its_name_its_number_and_its_fields(member: User) -> None:
    paid = ContactFieldFactory(
        organisation=member.organisation, name="Оплачен до", kind=FieldKind.DATE
    )
    debt = ContactFieldFactory(organisation=member.organisation, name="Счёт", kind=FieldKind.NUMBER)
    contact_of(member, field_values={str(paid.pk): "2026-11-24", str(debt.pk): "12.5"})

    names = ("имя", "имя отчество", "фио", "phone", "оплачен до", "счет")
    assert by_phone(member, *names)[PHONE] == {
        "имя": "Анна",
        "имя отчество": "Анна Петровна",
        "фио": "Иванова Анна Петровна",
        "phone": f"+{PHONE}",
        "оплачен до": "24.11.2026",
        "счет": "12,5",
    }


def test_what_a_contact_does_not_say_is_not_there(member: User) -> None:
    ContactFieldFactory(organisation=member.organisation, name="Город")
    contact_of(member, patronymic="")
    names = ("имя", "отчество", "имя отчество", "город", "неведомое")
    assert by_phone(member, *names)[PHONE] == {"имя": "Анна", "имя отчество": "Анна"}


def test_ones_own_contact_hides_the_shared_one_of_the_same_number(member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    contact_of(member, given_name="Общая")
    contact_of(member, given_name="Своя", patronymic="", owner=member)

    assert by_phone(member, "имя", "отчество")[PHONE] == {"имя": "Своя"}
    assert by_phone(colleague, "имя")[PHONE] == {"имя": "Общая"}


def test_a_number_without_a_contact_has_only_itself(member: User) -> None:
    contact_of(MemberFactory())
    contact_of(member, owner=MemberFactory(organisation=member.organisation))
    contact_of(member, archived_at=timezone.now())
    assert by_phone(member, "имя", "телефон")[PHONE] == {"телефон": f"+{PHONE}"}


def test_contacts_are_asked_by_id_too_and_foreign_ones_are_unknown(member: User) -> None:
    assert member.organisation
    own, foreign = contact_of(member), contact_of(MemberFactory())
    placeholders = placeholders_of(member.organisation)
    ids = [own.pk, foreign.pk]

    values = values_by_id(member, ids, placeholders=placeholders, names=["имя"])

    assert values == {own.pk: {"имя": "Анна"}}


def test_many_contacts_take_one_query(
    member: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ContactFieldFactory(organisation=member.organisation, name="Город")
    phones = tuple(f"7916000{n:04}" for n in range(20))
    for phone in phones:
        contact_of(member, phone=phone)
    assert member.organisation
    with django_assert_num_queries(1):
        placeholders = placeholders_of(member.organisation)
    with django_assert_num_queries(1):
        values_by_phone(member, phones, placeholders=placeholders, names=["имя", "город"])


def test_no_two_fields_are_one_placeholder() -> None:
    manager = MemberFactory(role=Role.MANAGER)
    organisation = manager.organisation
    field_create(organisation=organisation, name="Счёт", kind=FieldKind.TEXT, actor=manager)
    with pytest.raises(Refused) as caught:
        field_create(organisation=organisation, name="Счет", kind=FieldKind.TEXT, actor=manager)
    assert caught.value.field == "name"
