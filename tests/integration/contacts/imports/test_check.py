"""The check: everything is told, nothing is written."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.contacts.imports import breath, check, examination
from portal.contacts.imports.report import Report
from portal.contacts.imports.services import (
    Destination,
    import_check,
    import_confirm,
    import_stop,
)
from portal.contacts.imports.work import work_slice, work_to_the_end
from portal.contacts.models import (
    BadRow,
    CheckedRows,
    ColumnMemory,
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


NUMBERS = "Туда;Сюда\n79210000001;79210000002\n"


def checked_as(author: User, columns: list[str], *, is_own: bool = False) -> Import:
    source = import_made(author, NUMBERS)
    assert source.columns == ["phone", ""]
    into = Destination(is_own=is_own)
    source = import_check(source=source, columns=columns, destination=into, actor=author)
    work_to_the_end(source.pk)
    return source


def test_what_columns_are_is_remembered_for_the_organisation_once_it_is_confirmed(
    author: User,
) -> None:
    source = checked_as(author, ["", "phone"])
    colleague = MemberFactory(organisation=author.organisation)
    assert import_made(colleague, NUMBERS).columns == ["phone", ""]

    import_confirm(source=source, actor=author)

    assert import_made(colleague, NUMBERS).columns == ["", "phone"]
    assert import_made(MemberFactory(), NUMBERS).columns == ["phone", ""]


def test_headings_of_a_file_of_ones_own_contacts_are_nobodys_business(author: User) -> None:
    source = checked_as(author, ["", "phone"], is_own=True)
    import_confirm(source=source, actor=author)

    assert not ColumnMemory.objects.exists()


def test_a_batch_ends_in_time_for_the_lease_and_no_row_is_lost(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_LONGEST_SECONDS", -1.0)

    source = import_made(author, LIST, ImportStage.CHECKED)

    assert CheckedRows.objects.filter(source=source).count() == 3
    report = report_of(source)
    assert (report.rows, report.good, report.bad, report.duplicates) == (7, 3, 2, 2)


def test_a_batch_of_long_rows_ends_before_it_fills_the_memory(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_MOST_CHARACTERS", 100)
    rows = "".join(f"Петров;7921000000{n}\n" for n in range(9))

    source = import_made(author, f"ФИО;Телефон\n{rows}Ошибкин;123\n", ImportStage.CHECKED)

    assert CheckedRows.objects.filter(source=source).count() > 1
    assert (report_of(source).good, report_of(source).bad) == (9, 1)


def test_the_lease_is_renewed_while_there_is_nothing_but_blank_lines(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breath, "BREATH_SECONDS", 0.0)
    source = import_made(author, LIST + "\n" * 3_000_000, ImportStage.CHECKING)
    renewed = []
    held = check.held

    def counted(*asked: Any) -> Any:
        renewed.append(asked)
        return held(*asked)

    monkeypatch.setattr(check, "held", counted)

    work_to_the_end(source.pk)

    source.refresh_from_db()
    assert source.stage == ImportStage.CHECKED
    assert len(renewed) > 10


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
        # The clock of this module alone: others may be imported meanwhile, and keep what they find.
        clock = SimpleNamespace(monotonic=iter([0.0, -1.0, 1.0, 2.0]).__next__)
        monkeypatch.setattr(check, "time", clock)
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
