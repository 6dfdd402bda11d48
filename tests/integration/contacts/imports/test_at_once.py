"""Two at once, and what nobody comes back to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.contacts.imports.services import import_confirm
from portal.contacts.imports.sweep import KEPT, imports_sweep, uploads_expire
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Contact, Group, Import, ImportPart, ImportStage
from tests.factories import MemberFactory, import_made
from tests.integration.threads import at_once

LIST = "ФИО;Телефон\n" + "".join(f"Петров Иван;7921{n:07d}\n" for n in range(500))
CHECKED, WRITING = ImportStage.CHECKED, ImportStage.WRITING


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    monkeypatch.setattr("portal.contacts.imports.sweep.ring", calls.append)
    return calls


@pytest.mark.django_db(transaction=True)
def test_a_double_confirmation_imports_once() -> None:
    author: User = MemberFactory()
    source = import_made(author, LIST, CHECKED, new_group="Новая")

    found = at_once(*[lambda: import_confirm(source=source, actor=author)] * 2)

    assert not [one for one in found if isinstance(one, Exception)]
    assert Group.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_import_write_every_row_once() -> None:
    author: User = MemberFactory()
    source = import_made(author, LIST, WRITING)

    at_once(*[lambda: work_to_the_end(source.pk)] * 2)

    source.refresh_from_db()
    assert (source.stage, source.outcome["made"]) == (ImportStage.DONE, 500)
    assert Contact.objects.count() == 500


@pytest.mark.django_db(transaction=True)
def test_two_members_with_the_same_list_at_once_double_nobody() -> None:
    author: User = MemberFactory()
    colleague = MemberFactory(organisation=author.organisation)
    both = [import_made(member, LIST, WRITING) for member in (author, colleague)]

    at_once(*[lambda pk=one.pk: work_to_the_end(pk) for one in both])
    for one in both:
        work_to_the_end(one.pk)
        one.refresh_from_db()

    assert {one.stage for one in both} == {ImportStage.DONE}
    assert sum(one.outcome["made"] for one in both) == Contact.objects.count() == 500


@pytest.mark.django_db
def test_the_sweep_rings_for_work_that_nobody_is_at(rung: list[int]) -> None:
    author: User = MemberFactory()
    waiting = import_made(author, LIST, ImportStage.CHECKING)
    taken = import_made(author, LIST, ImportStage.CHECKING)
    Import.objects.filter(pk=taken.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    import_made(author, LIST, CHECKED)

    imports_sweep()

    assert rung == [waiting.pk]


@pytest.mark.django_db
def test_an_upload_that_nobody_confirms_is_deleted_after_a_week(rung: list[int]) -> None:
    author: User = MemberFactory()
    old = [import_made(author, LIST), import_made(author, LIST, CHECKED)]
    done = import_made(author, LIST, ImportStage.DONE)
    Import.objects.update(created_at=timezone.now() - KEPT - timedelta(minutes=1))
    new = import_made(author, LIST)

    assert uploads_expire(now=timezone.now()) == len(old)

    assert set(Import.objects.all()) == {done, new}
    assert set(ImportPart.objects.values_list("source", flat=True)) == {new.pk}
