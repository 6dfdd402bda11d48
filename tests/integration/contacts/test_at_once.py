"""Members who change the same contact and group at once do not stop each other."""

from functools import partial
from threading import Event

import pytest
from django.db import transaction

from portal.accounts.models import User
from portal.audit.models import Event as Audited
from portal.audit.services import verify
from portal.contacts.bulk.services import bulk_start
from portal.contacts.groups.services import (
    group_add_contact,
    group_delete,
    group_remove_contact,
)
from portal.contacts.models import BulkAction, BulkKind, BulkState, Contact, Group
from portal.contacts.particulars import Particulars
from portal.contacts.services import contact_change, contact_delete
from portal.core.errors import Conflict
from tests.factories import ContactFactory, GroupFactory, MemberFactory
from tests.integration.threads import at_once, until_somebody_waits

ROUNDS = 30


@pytest.fixture
def member() -> User:
    member: User = MemberFactory()
    return member


def grouped(member: User) -> tuple[Contact, Group]:
    contact = ContactFactory(organisation=member.organisation, name="Анна")
    group = GroupFactory(organisation=member.organisation)
    group.contacts.add(contact)
    return contact, group


@pytest.mark.django_db(transaction=True)
def test_changing_a_contact_while_adding_it_to_its_group_is_no_deadlock(member: User) -> None:
    for _ in range(ROUNDS):
        contact = ContactFactory(organisation=member.organisation)
        group = GroupFactory(organisation=member.organisation)

        results = at_once(
            partial(
                contact_change,
                contact=contact,
                particulars=Particulars(given_name="n", phone=contact.phone),
                actor=member,
                groups=[group],
            ),
            partial(group_add_contact, group=group, contact=contact, actor=member),
        )

        assert not [result for result in results if isinstance(result, Exception)]
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_deleting_a_contact_while_taking_it_out_of_its_group_is_no_deadlock(member: User) -> None:
    for _ in range(ROUNDS):
        contact, group = grouped(member)

        results = at_once(
            partial(contact_delete, contact=contact, actor=member),
            partial(group_remove_contact, group=group, contact=contact, actor=member),
        )

        faults = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(fault, Conflict) for fault in faults)
    assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_a_contact_while_its_group_is_deleted_is_no_deadlock(member: User) -> None:
    for _ in range(ROUNDS):
        contact, group = grouped(member)

        results = at_once(
            partial(contact_delete, contact=contact, actor=member),
            partial(group_delete, group=group, actor=member),
        )

        assert results == [None, None]


@pytest.mark.django_db(transaction=True)
def test_a_bulk_action_that_a_deadlock_ended_begins_its_step_anew(member: User) -> None:
    first, second = ContactFactory.create_batch(2, organisation=member.organisation)
    has_begun = Event()

    def lock_in_another_order() -> None:
        contacts = Contact.objects.select_for_update(no_key=True)
        with transaction.atomic():
            contacts.get(pk=second.pk)
            has_begun.set()
            until_somebody_waits()
            contacts.get(pk=first.pk)

    def archive() -> BulkAction:
        assert has_begun.wait(timeout=30)
        return bulk_start(actor=member, kind=BulkKind.ARCHIVE, chosen=[first.pk, second.pk])

    other, action = at_once(lock_in_another_order, archive)

    assert other is None
    assert isinstance(action, BulkAction)
    assert (action.state, action.done_count) == (BulkState.DONE, 2)


@pytest.mark.django_db
def test_what_changes_nothing_is_not_recorded(member: User) -> None:
    contact, group = grouped(member)

    same = Particulars.of(contact)
    contact_change(contact=contact, particulars=same, actor=member, groups=[group])
    group_add_contact(group=group, contact=contact, actor=member)
    stranger = ContactFactory(organisation=member.organisation)
    group_remove_contact(group=group, contact=stranger, actor=member)

    assert not Audited.objects.exists()


@pytest.mark.django_db
def test_a_contact_that_only_leaves_a_group_is_recorded(member: User) -> None:
    contact, _group = grouped(member)

    contact_change(contact=contact, particulars=Particulars.of(contact), actor=member)

    assert Audited.objects.get().details == {"changed": [], "groups": []}


@pytest.mark.django_db
def test_a_deleted_contact_is_recorded_by_its_id(member: User) -> None:
    contact, _group = grouped(member)

    contact_delete(contact=contact, actor=member)

    assert Audited.objects.get().object_id == str(contact.pk)
