"""The undo of a whole import."""

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.contacts.imports.services import import_undo
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import (
    Contact,
    Group,
    Import,
    ImportBefore,
    ImportStage,
    ImportTarget,
    Membership,
    StopListEntry,
)
from tests.factories import ContactFactory, GroupFactory, MemberFactory, import_made

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


def test_everything_that_points_to_a_contact_is_thought_of() -> None:
    related = {one.related_model for one in Contact._meta.related_objects}

    assert related == {Group, Membership}
