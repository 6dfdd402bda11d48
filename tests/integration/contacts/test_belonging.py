"""Members are in a group, and what an import made bears its mark, whatever writes them."""

from threading import Event

import pytest
from django.db import IntegrityError, transaction

from portal.contacts.models import Contact, Group, Import, ImportStage, Membership
from tests.factories import ContactFactory, GroupFactory, MemberFactory, import_made
from tests.integration.threads import at_once, until_somebody_waits

pytestmark = pytest.mark.django_db


def test_a_member_of_no_group_is_refused_by_the_database() -> None:
    contact = ContactFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(group_id=10**9, contact=contact)


def test_a_member_cannot_be_moved_to_a_group_that_is_not_there() -> None:
    group, contact = GroupFactory(), ContactFactory()
    group.contacts.add(contact)

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(contact=contact).update(group=10**9)


def test_a_group_with_members_cannot_be_deleted_behind_their_back() -> None:
    group, contact = GroupFactory(), ContactFactory()
    group.contacts.add(contact)

    with pytest.raises(IntegrityError), transaction.atomic():
        Group.objects.filter(pk=group.pk)._raw_delete(using="default")

    group.delete()
    assert Contact.objects.filter(pk=contact.pk).exists()
    assert not Membership.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_joins_a_group_that_is_being_deleted_joins_no_group() -> None:
    group, contact = GroupFactory(), ContactFactory()
    is_deleted = Event()

    def delete() -> None:
        with transaction.atomic():
            group.delete()
            is_deleted.set()
            until_somebody_waits()

    def join() -> None:
        is_deleted.wait(10)
        with pytest.raises(IntegrityError):
            Membership.objects.create(group_id=group_id, contact=contact)

    group_id = group.pk
    assert at_once(delete, join) == [None, None]

    assert not Membership.objects.exists()


def test_an_import_whose_contacts_are_there_cannot_be_deleted_behind_their_back() -> None:
    source = import_made(MemberFactory(), "Имя;Телефон\nАнна;79210000001\n", ImportStage.DONE)

    with pytest.raises(IntegrityError), transaction.atomic():
        Import.objects.filter(pk=source.pk)._raw_delete(using="default")


def test_an_import_that_is_deleted_leaves_its_contacts_without_a_mark() -> None:
    people = "Имя;Телефон\nАнна;79210000001\n"
    source = import_made(MemberFactory(), people, ImportStage.DONE, new_group="Новая")

    source.delete()

    assert Contact.objects.get().imported_by is None
    assert Membership.objects.get().imported_by is None
