"""A worker killed amid an import: another one ends it, and no row is lost or comes twice."""

import signal

import pytest
from kombu import Connection

from portal.accounts.models import User
from portal.celery import app
from portal.contacts.imports import check, undo
from portal.contacts.imports.services import import_undo
from portal.contacts.imports.sweep import imports_sweep
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Contact, Import, ImportStage
from portal.contacts.tasks import import_work
from portal.embedded.broker import filesystem_broker
from tests.crash.dying_import import ROWS, ImportPoint
from tests.crash.processes import Workshop, ended
from tests.factories import import_made
from tests.patience import until

PEOPLE = 5 * ROWS
LIST = "ФИО;Телефон\n" + "".join(f"Петров Иван;7921{number:07d}\n" for number in range(PEOPLE))
STAGES = {
    ImportPoint.CHECKED_UNCOMMITTED: ImportStage.CHECKING,
    ImportPoint.CHECKED: ImportStage.CHECKING,
    ImportPoint.WRITTEN_UNCOMMITTED: ImportStage.WRITING,
    ImportPoint.WRITTEN: ImportStage.WRITING,
}
UNCOMMITTED = {ImportPoint.CHECKED_UNCOMMITTED, ImportPoint.WRITTEN_UNCOMMITTED}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", ROWS)
    monkeypatch.setattr(undo, "ROWS_PER_STEP", ROWS)


@pytest.fixture
def rings_come(monkeypatch: pytest.MonkeyPatch, workshop: Workshop) -> None:
    """Rings of the test's own process go to the workers' broker."""
    url, options = filesystem_broker(workshop.broker_folder)

    def send(arguments: tuple[int]) -> None:
        with Connection(url, transport_options=options) as connection:
            app.send_task(import_work.name, arguments, connection=connection)

    monkeypatch.setattr(import_work, "apply_async", send)


def lease_runs_out(source: Import) -> None:
    """As a minute later."""
    source.refresh_from_db()
    assert source.lease_token is not None
    Import.objects.filter(pk=source.pk).update(lease_until="2000-01-01T00:00Z")


@pytest.mark.parametrize("point", STAGES)
def test_another_worker_goes_on_from_the_last_commit(
    point: ImportPoint, author: User, workshop: Workshop
) -> None:
    source = import_made(author, LIST, STAGES[point])

    assert ended(workshop.dying_import(source.pk, point, 3)) == -signal.SIGKILL
    committed = ROWS * (2 if point in UNCOMMITTED else 3)
    source.refresh_from_db()
    assert source.position == committed + 1
    assert Contact.objects.count() == (committed if source.stage == ImportStage.WRITING else 0)

    lease_runs_out(source)
    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.takeovers, source.report["good"]) == (1, PEOPLE)
    if source.stage == ImportStage.DONE:
        assert source.outcome["made"] == Contact.objects.count() == PEOPLE


def test_nobody_takes_over_while_the_lease_lasts(author: User, workshop: Workshop) -> None:
    source = import_made(author, LIST, ImportStage.WRITING)
    ended(workshop.dying_import(source.pk, ImportPoint.WRITTEN, 1))

    work_to_the_end(source.pk)

    assert Contact.objects.count() == ROWS


def test_an_undo_goes_on_too(author: User, workshop: Workshop) -> None:
    source = import_made(author, LIST, ImportStage.DONE)
    import_undo(source=source, actor=author)

    point = ImportPoint.TAKEN_BACK_UNCOMMITTED
    assert ended(workshop.dying_import(source.pk, point, 3)) == -signal.SIGKILL
    assert Contact.objects.count() == PEOPLE - 2 * ROWS
    lease_runs_out(source)
    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.outcome["deleted"]) == (ImportStage.UNDONE, PEOPLE)
    assert not Contact.objects.exists()


def test_a_worker_of_celery_takes_over_what_the_sweep_finds(
    author: User, workshop: Workshop, rings_come: None
) -> None:
    source = import_made(author, LIST, ImportStage.WRITING)
    ended(workshop.dying_import(source.pk, ImportPoint.WRITTEN, 2))
    lease_runs_out(source)

    workshop.celery()
    imports_sweep()

    until(lambda: Import.objects.get(pk=source.pk).stage == ImportStage.DONE)
    assert Contact.objects.count() == PEOPLE
