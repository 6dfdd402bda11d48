"""The writing of what a check found good."""

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.contacts.imports import check, people
from portal.contacts.imports.services import import_confirm, import_stop
from portal.contacts.imports.work import work_slice, work_to_the_end
from portal.contacts.models import (
    CheckedRows,
    Contact,
    FieldKind,
    Group,
    Import,
    ImportPart,
    ImportStage,
    ImportTarget,
    StopListEntry,
)
from portal.core.errors import Conflict, Refused
from portal.core.lease import LEASE, take
from tests.factories import (
    ContactFactory,
    ContactFieldFactory,
    GroupFactory,
    MemberFactory,
    import_made,
)
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db

LIST = "ФИО;Телефон;Заметка\nПетров Иван Сергеевич;8 (921) 000-00-01;\nБез Номера;;x\n"
DONE, CHECKED, WRITING = ImportStage.DONE, ImportStage.CHECKED, ImportStage.WRITING


@pytest.fixture
def author() -> User:
    member: User = MemberFactory()
    return member


def outcome(source: Import, *names: str) -> list[int]:
    source.refresh_from_db()
    return [source.outcome.get(name, 0) for name in names]


def test_good_rows_become_contacts_as_the_form_would_make_them(author: User) -> None:
    field = ContactFieldFactory(
        organisation=author.organisation, name="День рождения", kind=FieldKind.DATE
    )
    text = "ФИО;Телефон;День рождения\nПетров Иван Сергеевич;89210000001;24.11.1980\n"

    source = import_made(author, text, DONE)

    made = Contact.objects.get()
    assert (made.surname, made.given_name, made.patronymic) == ("Петров", "Иван", "Сергеевич")
    assert (made.phone, made.owner, made.imported_by) == ("79210000001", None, source)
    assert made.field_values == {str(field.pk): "1980-11-24"}
    assert made.changed_at == made.created_at
    words = set(made.lexemes.split())
    before = (made.name, made.search_key)
    made.save()
    made.refresh_from_db()
    assert (made.name, made.search_key) == before
    assert set(made.lexemes.split()) == words


def test_the_file_is_forgotten_when_it_is_done(author: User) -> None:
    source = import_made(author, LIST, DONE)

    assert outcome(source, "made", "changed", "left") == [2, 0, 0]
    assert not ImportPart.objects.exists()
    assert not CheckedRows.objects.exists()


def test_the_same_file_again_changes_nothing_and_doubles_nobody(author: User) -> None:
    import_made(author, LIST, DONE)
    before = list(Contact.objects.order_by("pk").values())

    again = import_made(author, LIST, DONE)

    assert outcome(again, "made", "changed", "left") == [0, 0, 2]
    assert list(Contact.objects.order_by("pk").values()) == before


def test_known_contacts_take_over_what_the_file_says_and_keep_what_it_does_not(
    author: User,
) -> None:
    ContactFactory(
        organisation=author.organisation,
        given_name="Ваня",
        phone="79210000001",
        note="сосед",
        field_values={"1": "x"},
    )

    source = import_made(author, LIST, DONE)

    known = Contact.objects.get(phone="79210000001")
    assert (known.name, known.note) == ("Петров Иван Сергеевич", "сосед")
    assert known.field_values == {"1": "x"}
    assert "петров" in known.lexemes
    assert outcome(source, "made", "changed") == [1, 1]


def test_known_contacts_are_left_where_that_was_chosen(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    known = ContactFactory(organisation=author.organisation, given_name="Ваня", phone="79210000001")

    source = import_made(author, LIST, DONE, group=group, updates_known=False)

    known.refresh_from_db()
    assert (known.name, group.contacts.count()) == ("Ваня", 2)
    assert outcome(source, "made", "changed", "left") == [1, 0, 1]


def test_who_is_in_the_archive_stays_there_as_they_are(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    ContactFactory(
        organisation=author.organisation,
        given_name="Ваня",
        phone="79210000001",
        archived_at=timezone.now(),
    )

    source = import_made(author, LIST, DONE, group=group)

    assert outcome(source, "made", "archived") == [1, 1]
    assert Contact.objects.get(phone="79210000001").name == "Ваня"
    assert group.contacts.count() == 1


def test_ones_own_contacts_do_not_become_shared_by_an_import_for_all(author: User) -> None:
    own = ContactFactory(organisation=author.organisation, owner=author, phone="79210000001")
    nameless = ContactFactory(organisation=author.organisation, owner=author, name="Без", phone="")
    colleague = MemberFactory(organisation=author.organisation)
    ContactFactory(organisation=author.organisation, owner=colleague, phone="79210000002")
    text = "ФИО;Телефон\nПетров Иван;89210000001\nБез;\nЧужой;89210000002\n"

    source = import_made(author, text, DONE, new_group="Все")

    assert outcome(source, "made", "own", "left") == [1, 2, 0]
    (shared,) = Contact.objects.filter(owner=None)
    assert shared.phone == "79210000002"
    assert list(Group.objects.get().contacts.all()) == [shared]
    before = {one.pk: one.name for one in (own, nameless)}
    assert dict(Contact.objects.filter(owner=author).values_list("pk", "name")) == before


def test_a_shared_contact_of_the_number_is_meant_before_ones_own(author: User) -> None:
    ContactFactory(organisation=author.organisation, owner=author, phone="79210000001")
    shared = ContactFactory(organisation=author.organisation, phone="79210000001", name="Старое")

    source = import_made(author, "ФИО;Телефон\nПетров Иван;89210000001\n", DONE)

    shared.refresh_from_db()
    assert (shared.name, outcome(source, "changed", "own")) == ("Петров Иван", [1, 0])


def test_an_own_group_takes_those_who_stay_ones_own(author: User) -> None:
    group = GroupFactory(organisation=author.organisation, owner=author)
    own = ContactFactory(organisation=author.organisation, owner=author, phone="79210000001")

    import_made(author, "ФИО;Телефон\nПетров Иван;89210000001\n", DONE, group=group)

    assert list(group.contacts.all()) == [own]


def test_ones_own_contacts_stand_beside_shared_ones(author: User) -> None:
    shared = ContactFactory(organisation=author.organisation, phone="79210000001")

    import_made(author, LIST, DONE, is_own=True, new_group="Мои")

    own = Contact.objects.get(phone="79210000001", owner=author)
    assert own != shared
    assert Group.objects.get(name="Мои").owner == author


@pytest.mark.django_db(transaction=True)
def test_a_number_that_somebody_adds_meanwhile_is_known_then(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = import_made(author, LIST, WRITING)
    known = people.People._known

    def add_first(self: people.People, lines: list[str]) -> dict[str, people.Known]:
        found = known(self, lines)
        if not Contact.objects.exists():
            at_once(lambda: ContactFactory(organisation=author.organisation, phone="79210000001"))
        return found

    monkeypatch.setattr(people.People, "_known", add_first)
    work_to_the_end(source.pk)

    assert outcome(source, "made", "changed") == [1, 1]
    assert Contact.objects.filter(phone="79210000001").count() == 1


def test_whose_name_is_spelt_otherwise_stays_out_of_the_group(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    other = ContactFactory(organisation=author.organisation, given_name="иван", phone="")

    source = import_made(author, "Имя\nИван\n", DONE, group=group)

    assert outcome(source, "made", "left") == [1, 0]
    assert not group.contacts.contains(other)


def test_a_new_group_is_made_when_it_is_confirmed(author: User) -> None:
    source = import_made(author, LIST, CHECKED, new_group="Новая")
    assert not Group.objects.exists()

    import_confirm(source=source, actor=author)
    work_to_the_end(source.pk)

    assert Group.objects.get().contacts.count() == 2


def test_a_group_that_was_deleted_before_it_is_confirmed_refuses_it(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST, CHECKED, group=group)
    group.delete()

    with pytest.raises(Refused):
        import_confirm(source=source, actor=author)

    assert not Contact.objects.exists()


def test_a_group_that_is_deleted_afterwards_stops_it(author: User) -> None:
    group = GroupFactory(organisation=author.organisation)
    source = import_made(author, LIST, WRITING, group=group)
    group.delete()

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.failure) == (ImportStage.FAILED, "group_gone")
    assert not Contact.objects.exists()


def test_confirming_twice_is_confirming_once(author: User) -> None:
    source = import_made(author, LIST, CHECKED)

    for _ in range(2):
        import_confirm(source=source, actor=author)
    work_to_the_end(source.pk)
    import_confirm(source=source, actor=author)

    assert Contact.objects.count() == 2
    assert Event.objects.filter(action="submitted").count() == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.AUDITOR}])
def test_a_member_who_may_no_longer_is_stopped_and_all_is_taken_back(
    author: User, change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", 1)
    source = import_made(author, LIST, WRITING)
    write_one_batch(source, monkeypatch)
    assert Contact.objects.count() == 1

    User.objects.filter(pk=author.pk).update(**change)
    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.failure) == (ImportStage.FAILED, "rights_lost")
    assert not Contact.objects.exists()


def test_an_import_that_is_stopped_takes_back_what_it_wrote(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", 1)
    source = import_made(author, LIST, WRITING)
    write_one_batch(source, monkeypatch)

    import_stop(source=source, actor=author)
    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.outcome["deleted"]) == (ImportStage.UNDONE, 1)
    assert not Contact.objects.exists()
    with pytest.raises(Conflict):
        import_stop(source=source, actor=author)


def test_a_worker_that_died_is_replaced_and_no_row_comes_twice(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", 1)
    source = import_made(author, LIST, WRITING)
    write_one_batch(source, monkeypatch)
    take(Import.objects.all(), source.pk, now=timezone.now() - 2 * LEASE)

    work_to_the_end(source.pk)

    assert outcome(source, "made") == [2]
    assert (source.stage, source.takeovers, Contact.objects.count()) == (DONE, 1, 2)


def test_only_one_import_of_an_organisation_writes_at_a_time(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", 1)
    first, second = (import_made(author, LIST, WRITING) for _ in range(2))
    elsewhere = import_made(MemberFactory(), LIST, WRITING)
    write_one_batch(second, monkeypatch)

    for source in (first, elsewhere):
        work_to_the_end(source.pk)
        source.refresh_from_db()

    assert (first.stage, first.position, elsewhere.stage) == (WRITING, 0, DONE)
    work_to_the_end(second.pk)
    work_to_the_end(first.pk)
    assert outcome(first, "made", "left") == [0, 2]


def test_numbers_go_on_the_stop_list_and_known_ones_stay(author: User) -> None:
    text = "Телефон;Причина\n79210000001;просил\n79210000002;\n"
    import_made(author, text, DONE, target=ImportTarget.STOP_LIST)

    again = import_made(author, text, DONE, target=ImportTarget.STOP_LIST)

    assert outcome(again, "made", "left") == [0, 2]
    entry = StopListEntry.objects.get(phone="79210000001")
    assert (entry.organisation, entry.reason, entry.source) == (
        author.organisation,
        "просил",
        "import",
    )
    assert not Contact.objects.exists()


def test_the_trail_tells_how_many_and_never_who(author: User) -> None:
    import_made(author, LIST, DONE)

    said = str(list(Event.objects.values_list("object_label", "details")))
    assert "'made': 2" in said
    assert not any(word in said for word in ("9210000001", "Петров", "list.csv"))


def write_one_batch(source: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("portal.contacts.imports.work.SLICE_SECONDS", -1.0)
        work_slice(source.pk)
