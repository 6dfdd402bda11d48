"""Whom an import waits for, and who waits for it."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

import pytest
from django.db import transaction

from portal.accounts.models import User
from portal.contacts.groups.services import group_add_contact, group_delete
from portal.contacts.imports.services import Destination, import_check, import_undo
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Contact, Group, Import, ImportStage, Membership
from portal.core.errors import Conflict
from tests.factories import ContactFactory, GroupFactory, MemberFactory, import_made
from tests.integration.threads import T, at_once, until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "Имя;Телефон\nИван;79210000001\nАнна;\n"


@pytest.fixture
def author() -> User:
    member: User = MemberFactory()
    return member


def one_amid_the_other(first: Callable[[], T], second: Callable[[], T]) -> Sequence[T | Exception]:
    """What each returned or raised; the second begins when the first is done, but for its commit,
    which waits until the second waits for it."""
    has_begun = Event()

    def begin() -> T:
        with transaction.atomic():
            result = first()
            has_begun.set()
            until_somebody_waits()
        return result

    def follow() -> T:
        assert has_begun.wait(timeout=30)
        return second()

    return at_once(begin, follow)


def test_contacts_are_locked_in_the_order_of_their_ids(author: User) -> None:
    ids = [
        ContactFactory(organisation=author.organisation, name=name, phone=phone).pk
        for name, phone in (("Анна", ""), ("Иван", "79210000001"))
    ]
    source = import_made(author, LIST, ImportStage.WRITING)
    has_begun = Event()

    def lock_as_others_do() -> None:
        contacts = Contact.objects.select_for_update(no_key=True)
        with transaction.atomic():
            contacts.get(pk=ids[0])
            has_begun.set()
            until_somebody_waits()
            contacts.get(pk=ids[1])

    def follow() -> None:
        assert has_begun.wait(timeout=30)
        work_to_the_end(source.pk)

    assert at_once(lock_as_others_do, follow) == [None, None]
    source.refresh_from_db()
    assert (source.stage, source.outcome["left"]) == (ImportStage.DONE, 2)


def test_a_group_into_which_an_import_writes_is_deleted_after_it(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST, ImportStage.WRITING, group=group)

    found = one_amid_the_other(
        partial(work_to_the_end, source.pk), partial(group_delete, group=group, actor=author)
    )

    assert found == [None, None]
    assert not Group.objects.exists()
    assert Contact.objects.count() == 2


def test_an_import_finds_the_group_gone_that_is_deleted_as_it_begins(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST, ImportStage.WRITING, group=group)

    found = one_amid_the_other(
        partial(group_delete, group=group, actor=author), partial(work_to_the_end, source.pk)
    )

    assert found == [None, None]
    source.refresh_from_db()
    assert (source.stage, source.failure) == (ImportStage.FAILED, "group_gone")
    assert not Contact.objects.exists()


def test_a_group_that_is_deleted_as_it_is_chosen_is_gone(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST)

    deleted, refusal = one_amid_the_other(
        partial(group_delete, group=group, actor=author),
        partial(
            import_check,
            source=source,
            columns=source.columns,
            destination=Destination(group=group),
            actor=author,
        ),
    )

    assert deleted is None
    assert isinstance(refusal, Conflict)


def undoing(author: User, **destination: str) -> Import:
    source = import_made(author, LIST, ImportStage.DONE, **destination)
    import_undo(source=source, actor=author)
    return source


def test_who_is_put_into_a_group_as_the_import_is_undone_stays(author: User) -> None:
    source, group = undoing(author), GroupFactory(organisation=author.organisation)
    contact = Contact.objects.get(given_name="Анна")

    found = one_amid_the_other(
        partial(group_add_contact, group=group, contact=contact, actor=author),
        partial(work_to_the_end, source.pk),
    )

    assert found == [None, None]
    source.refresh_from_db()
    assert source.stage == ImportStage.UNDONE
    assert Membership.objects.get().contact == Contact.objects.get() == contact


def test_the_group_that_an_import_made_stays_where_somebody_joins_it_meanwhile(
    author: User,
) -> None:
    source, group = undoing(author, new_group="Новая"), Group.objects.get()
    contact = ContactFactory(organisation=author.organisation)

    found = one_amid_the_other(
        partial(group_add_contact, group=group, contact=contact, actor=author),
        partial(work_to_the_end, source.pk),
    )

    assert found == [None, None]
    assert list(group.contacts.all()) == [contact]


def test_who_is_gone_with_the_undo_joins_no_group(author: User) -> None:
    source, group = undoing(author), GroupFactory(organisation=author.organisation)
    contact = Contact.objects.get(given_name="Анна")

    undone, refusal = one_amid_the_other(
        partial(work_to_the_end, source.pk),
        partial(group_add_contact, group=group, contact=contact, actor=author),
    )

    assert undone is None
    assert isinstance(refusal, Conflict)
