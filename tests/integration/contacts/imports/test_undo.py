"""The undo of a whole import."""

from collections.abc import Callable
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.bulk.services import bulk_start
from portal.contacts.groups.services import group_add_contact
from portal.contacts.imports.services import import_undo
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.merging.services import contact_merge
from portal.contacts.models import (
    BulkKind,
    Contact,
    Group,
    Import,
    ImportBefore,
    ImportStage,
    ImportTarget,
    Membership,
    StopListEntry,
    StopSource,
)
from portal.contacts.particulars import Particulars
from portal.contacts.stop_list.services import stop_list_add
from tests.factories import ContactFactory, GroupFactory, MemberFactory, import_made
from tests.integration.threads import at_once, until_somebody_waits

pytestmark = pytest.mark.django_db

LIST = "ФИО;Телефон\nПетров Иван;79210000001\nСидорова Анна;79210000002\n"


@pytest.fixture
def author() -> User:
    member: User = MemberFactory()
    return member


def undone(source: Import, author: User) -> Import:
    import_undo(source=source, actor=author)
    work_to_the_end(source.pk)
    source.refresh_from_db()
    assert source.stage == ImportStage.UNDONE
    return source


def contact_rows() -> list[dict[str, object]]:
    return list(Contact.objects.order_by("pk").values())


def test_what_was_made_is_deleted_and_what_was_changed_becomes_what_it_was(author: User) -> None:
    ContactFactory(organisation=author.organisation, given_name="Ваня", phone="79210000001")
    before = contact_rows()
    source = import_made(author, LIST, ImportStage.DONE, new_group="Новая")
    assert contact_rows() != before

    undone(source, author)

    assert contact_rows() == before
    assert (source.outcome["deleted"], source.outcome["restored"]) == (1, 1)
    assert not Group.objects.exists()
    assert not Membership.objects.exists()
    assert not ImportBefore.objects.exists()


def test_whom_somebody_has_changed_since_stays_and_is_counted(author: User) -> None:
    known = ContactFactory(organisation=author.organisation, given_name="Ваня", phone="79210000001")
    source = import_made(author, LIST, ImportStage.DONE)
    Contact.objects.update(note="changed by hand", changed_at=timezone.now())

    undone(source, author)

    known.refresh_from_db()
    assert known.name == "Петров Иван"
    assert Contact.objects.count() == 2
    assert source.outcome["kept"] == 2


def test_who_was_put_into_another_group_since_stays(author: User) -> None:
    source = import_made(author, LIST, ImportStage.DONE)
    group = GroupFactory(organisation=author.organisation)
    group.contacts.add(Contact.objects.get(phone="79210000002"))

    undone(source, author)

    assert Contact.objects.get().phone == "79210000002"
    assert group.contacts.count() == 1


def test_a_group_that_was_there_before_stays_with_whom_it_had(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    inside = ContactFactory(organisation=author.organisation, phone="79210000001")
    group.contacts.add(inside)
    source = import_made(author, LIST, ImportStage.DONE, group=group)
    assert group.contacts.count() == 2

    undone(source, author)

    assert list(group.contacts.all()) == [inside]


def test_whom_a_second_import_puts_in_as_well_stays_in_the_group(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    known = ContactFactory(organisation=author.organisation, phone="79210000001")
    first = import_made(author, LIST, ImportStage.DONE, group=group)
    second = import_made(author, LIST, ImportStage.DONE, group=group)

    undone(first, author)
    assert set(group.contacts.values_list("phone", flat=True)) == {"79210000001", "79210000002"}

    undone(second, author)
    assert group.contacts.contains(known)


def test_undoing_twice_is_undoing_once(author: User) -> None:
    source = import_made(author, LIST, ImportStage.DONE)
    undone(source, author)

    import_undo(source=source, actor=author)

    source.refresh_from_db()
    assert source.stage == ImportStage.UNDONE


def test_numbers_leave_the_stop_list_again(author: User) -> None:
    source = import_made(
        author, "Телефон\n79210000001\n", ImportStage.DONE, target=ImportTarget.STOP_LIST
    )
    assert StopListEntry.objects.exists()

    undone(source, author)

    assert not StopListEntry.objects.exists()


STOPS = "Телефон\n79210000001\n79210000002\n"


def stopped_by_an_import(author: User) -> Import:
    return import_made(author, STOPS, ImportStage.DONE, target=ImportTarget.STOP_LIST)


def stop_by_hand(author: User) -> None:
    stop_list_add(
        organisation=author.organisation,
        phones=["79210000001", "79210000009"],
        reason="Asked us to.",
        source=StopSource.HAND,
        actor=MemberFactory(organisation=author.organisation, role=Role.MANAGER),
    )


def stop_by_bulk(author: User) -> None:
    contact = ContactFactory(organisation=author.organisation, phone="79210000001")
    bulk_start(actor=author, kind=BulkKind.STOP, chosen=[contact.pk])


def stop_by_import(author: User) -> None:
    rows = "Телефон\n79210000001\n"
    import_made(author, rows, ImportStage.DONE, target=ImportTarget.STOP_LIST)


@pytest.mark.parametrize("ask_again", [stop_by_hand, stop_by_bulk, stop_by_import])
def test_a_number_that_was_asked_for_again_stays_stopped(
    author: User, ask_again: Callable[[User], object]
) -> None:
    source = stopped_by_an_import(author)
    ask_again(author)

    undone(source, author)

    left = StopListEntry.objects.values_list("phone", flat=True)
    assert "79210000001" in left
    assert "79210000002" not in left


def test_the_second_of_two_imports_has_nothing_to_undo_of_what_both_ask_for(author: User) -> None:
    stopped_by_an_import(author)
    second = stopped_by_an_import(author)

    undone(second, author)

    assert StopListEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_undo_first", [False, True])
def test_a_number_that_is_asked_for_while_its_import_is_undone_is_stopped(
    author: User, is_undo_first: bool
) -> None:
    source = stopped_by_an_import(author)
    import_undo(source=source, actor=author)
    has_begun, acts = Event(), [stop_by_hand, lambda _author: work_to_the_end(source.pk)]
    first, second = acts[::-1] if is_undo_first else acts

    def begin() -> None:
        with transaction.atomic():
            first(author)
            has_begun.set()
            until_somebody_waits()

    def follow() -> None:
        assert has_begun.wait(timeout=30)
        second(author)

    assert at_once(begin, follow) == [None, None]

    phones = set(StopListEntry.objects.values_list("phone", flat=True))
    assert phones == {"79210000001", "79210000009"}


def add_to_group(group: Group, contact: Contact, author: User) -> None:
    group_add_contact(group=group, contact=contact, actor=author)


def add_by_bulk(group: Group, contact: Contact, author: User) -> None:
    bulk_start(actor=author, kind=BulkKind.ADD_TO_GROUP, chosen=[contact.pk], group=group)


def merge_with_one_in_it(group: Group, contact: Contact, author: User) -> None:
    other = ContactFactory(organisation=author.organisation, phone="79210000009")
    group.contacts.add(other)
    contact_merge(
        kept=contact,
        other=other,
        particulars=Particulars.of(contact),
        seen={one.pk: one.changed_at for one in (contact, other)},
        actor=author,
    )


@pytest.mark.parametrize("add", [add_to_group, add_by_bulk, merge_with_one_in_it])
def test_who_was_put_into_the_group_by_hand_as_well_stays_in_it(
    author: User, add: Callable[[Group, Contact, User], object]
) -> None:
    group = GroupFactory(organisation=author.organisation)
    known = ContactFactory(organisation=author.organisation, given_name="Ваня", phone="79210000001")
    source = import_made(author, LIST, ImportStage.DONE, group=group)
    known.refresh_from_db()
    add(group, known, author)

    undone(source, author)

    assert list(group.contacts.all()) == [known]


def test_everything_that_points_to_a_contact_is_thought_of() -> None:
    related = {one.related_model for one in Contact._meta.related_objects}

    assert related == {Group, Membership}
