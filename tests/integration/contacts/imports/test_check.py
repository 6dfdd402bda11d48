"""The check: everything is told, nothing is written."""

from itertools import pairwise

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.contacts.imports import check
from portal.contacts.imports.report import Report
from portal.contacts.imports.services import Destination, import_check, import_stop
from portal.contacts.imports.work import work_slice, work_to_the_end
from portal.contacts.models import (
    BadRow,
    CheckedRows,
    Contact,
    Group,
    Import,
    ImportStage,
    ImportTarget,
    StopListEntry,
    StopSource,
)
from portal.core.lease import LEASE, take
from tests.factories import ContactFactory, MemberFactory, import_made

pytestmark = pytest.mark.django_db

LIST = """ФИО;Телефон;Заметка
Петров Иван Сергеевич;8 (921) 000-00-01;
Сидорова Анна;+7 921 000-00-02;друг
Ошибкин;12345;
Повтор;79210000001;
Без Номера;;x
Без Номера;;y
Лишний;79210000009;a;b
"""


@pytest.fixture
def author() -> User:
    member: User = MemberFactory()
    return member


def report_of(source: Import) -> Report:
    source.refresh_from_db()
    return Report.from_dict(source.report)


def test_the_report_counts_what_was_found_and_names_it(author: User) -> None:
    ContactFactory(organisation=author.organisation, phone="79210000002")
    StopListEntry.objects.create(
        organisation=author.organisation, phone="79210000001", source=StopSource.HAND
    )

    report = report_of(import_made(author, LIST, ImportStage.CHECKED))

    assert (report.rows, report.good, report.new, report.known) == (7, 3, 2, 1)
    assert (report.duplicates, report.bad, report.stopped, report.repaired) == (2, 2, 1, 1)
    assert report.repairs["leading_eight"].examples == [[2, "8 (921) 000-00-01"]]
    assert report.faults["phone:too_short"].examples == [[4, "12345"]]
    assert set(report.faults) == {"phone:too_short", "too_many_cells"}


def test_nothing_is_written_before_it_is_confirmed(author: User) -> None:
    import_made(author, LIST, ImportStage.CHECKED, new_group="Новая")

    assert not Contact.objects.exists()
    assert not Group.objects.exists()


def test_bad_rows_are_kept_with_their_faults(author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKED)

    kept = BadRow.objects.filter(source=source).order_by("row_number")
    assert [row.row_number for row in kept] == [4, 8]
    assert kept[0].cells == ["Ошибкин", "12345", ""]
    assert kept[0].faults[0]["code"] == "phone"


def test_those_in_the_archive_are_counted_apart(author: User) -> None:
    ContactFactory(
        organisation=author.organisation, phone="79210000002", archived_at=timezone.now()
    )

    report = report_of(import_made(author, LIST, ImportStage.CHECKED))

    assert (report.known, report.archived, report.new) == (0, 1, 2)


def test_what_columns_are_is_remembered_for_the_organisation(author: User) -> None:
    numbers = "Туда;Сюда\n79210000001;79210000002\n"
    source = import_made(author, numbers)
    assert source.columns == ["phone", ""]

    import_check(source=source, columns=["", "phone"], destination=Destination(), actor=author)

    colleague = MemberFactory(organisation=author.organisation)
    assert import_made(colleague, numbers).columns == ["", "phone"]
    assert import_made(MemberFactory(), numbers).columns == ["phone", ""]


def test_an_import_into_the_stop_list_needs_numbers_and_counts_the_platforms_apart(
    author: User,
) -> None:
    for organisation in (author.organisation, None):
        StopListEntry.objects.create(
            organisation=organisation,
            phone="79210000001" if organisation else "79210000002",
            source=StopSource.HAND,
        )
    text = "Телефон;Причина\n79210000001;a\n79210000002;b\n79210000003;c\n;d\n"

    report = report_of(
        import_made(author, text, ImportStage.CHECKED, target=ImportTarget.STOP_LIST)
    )

    assert (report.good, report.known, report.stopped, report.bad) == (3, 1, 1, 1)


def test_a_check_goes_on_where_the_last_slice_ended(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROWS_PER_STEP", 2)
    monkeypatch.setattr("portal.contacts.imports.work.SLICE_SECONDS", 0.0)
    source = import_made(author, LIST, ImportStage.CHECKING)
    positions = []

    while source.stage == ImportStage.CHECKING:
        positions.append(source.position)
        monkeypatch.setattr("time.monotonic", iter([0.0, -1.0, 1.0, 2.0]).__next__)
        work_slice(source.pk)
        source.refresh_from_db()

    assert all(before < after for before, after in pairwise(positions[:4]))
    assert source.stage == ImportStage.CHECKED
    assert (report_of(source).good, report_of(source).duplicates) == (3, 2)


def test_a_check_is_taken_over_from_a_worker_that_died(author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKING)
    take(Import.objects.all(), source.pk, now=timezone.now() - 2 * LEASE)

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.takeovers) == (ImportStage.CHECKED, 1)


def test_a_check_that_is_stopped_leads_back_to_the_columns(author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKING)
    import_stop(source=source, actor=author)

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.stop_requested) == (ImportStage.UPLOADED, False)
    assert not CheckedRows.objects.exists()


def test_too_many_rows_are_refused_and_the_columns_page_says_so(
    author: User, settings: Settings
) -> None:
    settings.IMPORT_MAX_ROWS = 3
    source = import_made(author, LIST, ImportStage.CHECKING)

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.failure) == (ImportStage.UPLOADED, "too_many_rows")


def test_a_member_who_was_demoted_has_nothing_checked(author: User) -> None:
    source = import_made(author, LIST, ImportStage.CHECKING)
    User.objects.filter(pk=author.pk).update(role="auditor")

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert (source.stage, source.failure) == (ImportStage.FAILED, "rights_lost")
    assert not source.parts.exists()
