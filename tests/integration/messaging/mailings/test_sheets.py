"""What a spreadsheet's rows become: a message each, of the row's own text."""

import io
import tracemalloc
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from pytest_django import Settings

from portal.contacts.reading import Format, Reading
from portal.core.errors import Conflict, Refused
from portal.messaging.mailings import sheet_rows
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.mailings.services import mailing_confirm, mailing_edit
from portal.messaging.mailings.words import Failure
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import (
    GatheredPerson,
    LeftOut,
    Mailing,
    PreparedRecipient,
    Sheet,
    Stage,
)
from portal.messaging.sheets.people import LONGEST_VALUE, sheet_people
from portal.messaging.sheets.services import sheet_columns_set, sheet_read_as
from tests.factories import ContactFactory, StopFactory, sheet_made
from tests.integration.messaging.mailings.office import Office, again, messages_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 24)
LIST = (
    "Имя;Мобильный;Сумма, руб.;Оплатить до\n"
    "Анна;8 (921) 000-00-01;1500,50;24.11.2026\n"
    "Борис;+7 921 000-00-02;200;01.12.2026\n"
)


def workbook(*lines: Sequence[Any]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for line in lines:
        book.active.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def texts_of(mailing: Mailing) -> dict[str, str]:
    prepared = PreparedRecipient.objects.filter(mailing=mailing, left_out="")
    return dict(prepared.order_by("position").values_list("phone", "text"))


def people(sheet: Sheet) -> list[tuple[int, str, str]]:
    """Row, number, code of the fault."""
    return [
        (one.row, one.phone, str(one.fault.code) if one.fault else "")
        for one in sheet_people(sheet)
    ]


def values(sheet: Sheet) -> list[dict[str, str]]:
    return [dict(one.values) for one in sheet_people(sheet)]


def test_every_row_becomes_a_message_of_its_own_text(office: Office) -> None:
    sheet = sheet_made(office.author, LIST)
    text = "{Имя}, к оплате {сумма руб} до {оплатить до:день}"

    mailing = office.prepared(text=text, sheet_id=sheet.pk)
    mailing = mailing_confirm(
        mailing=mailing, actor=office.author, snapshot_hash=mailing.snapshot_hash
    )
    work_to_the_end(mailing.pk)

    (message,) = messages_of(again(mailing))
    recipients = message.recipients.order_by("id")
    assert [(one.phone, one.envelope.own.text) for one in recipients] == [
        ("79210000001", "Анна, к оплате 1500,50 до 24 ноября"),
        ("79210000002", "Борис, к оплате 200 до 1 декабря"),
    ]


def test_contacts_of_the_same_numbers_say_nothing_of_the_rows(office: Office) -> None:
    ContactFactory(organisation=office.organisation, phone="79210000001", given_name="Другая")
    sheet = sheet_made(office.author, "Телефон;Имя\n89210000001;Анна\n89210000002;\n")

    mailing = office.prepared(text="Привет, {имя}!", sheet_id=sheet.pk, skip_missing=True)

    assert texts_of(mailing) == {"79210000001": "Привет, Анна!"}
    assert mailing.reach["left_out"] == {LeftOut.LACKS_VALUE: 1}


def test_each_number_gets_its_first_row_and_bad_ones_are_counted(office: Office) -> None:
    StopFactory(organisation=office.organisation, phone="79210000003")
    sheet = sheet_made(
        office.author,
        "Телефон;Имя\n89210000001;Анна\n7,9E+10;Вера\n+79210000001;Опять Анна\n"
        ";Без номера\n89210000003;Стоп\n",
    )

    mailing = office.prepared(text="Привет, {имя}!", sheet_id=sheet.pk)

    reach = PreparedReach.from_dict(mailing.reach)
    assert texts_of(mailing) == {"79210000001": "Привет, Анна!"}
    assert (reach.duplicates, reach.refused, reach.stopped) == (1, 2, 1)
    assert not GatheredPerson.objects.filter(mailing=mailing).exists()


def test_a_text_without_placeholders_goes_to_all_rows_as_it_is(office: Office) -> None:
    mailing = office.prepared(text="Привет!", sheet_id=sheet_made(office.author, LIST).pk)

    assert texts_of(mailing) == {"79210000001": "", "79210000002": ""}
    assert not mailing.is_personalised


def test_a_placeholder_that_is_no_column_is_refused_with_the_nearest(office: Office) -> None:
    sheet = sheet_made(office.author, LIST)

    with pytest.raises(Refused) as refused:
        office.prepared(text="Привет, {имья}!", sheet_id=sheet.pk)

    assert refused.value.field == "text"
    assert "Имя" in str(refused.value.message)


def test_cells_are_said_as_a_person_sees_them(office: Office) -> None:
    content = workbook(
        ["Телефон", "День", "Час", "Дробь", "Целое", "Код", "Во сколько"],
        [
            79210000001,
            date(2026, 11, 24),
            datetime(2026, 11, 24, 9, 30),
            0.1 + 0.2,
            1500.0,
            "007",
            "14.15",
        ],
    )

    (row,) = values(sheet_made(office.author, content, "a.xlsx"))

    assert row == {
        "телефон": "79210000001",
        "день": "24.11.2026",
        "час": "24.11.2026 09:30",
        "дробь": "0,3",
        "целое": "1500",
        "код": "007",
        "во сколько": "14.15",
    }


def test_a_formula_that_failed_is_a_value_that_is_missing(office: Office) -> None:
    sheet = sheet_made(office.author, "Телефон;Имя;Сумма\n89210000001;Анна;#Н/Д\n#N/A;Борис;1\n")

    assert [("сумма" in row) for row in values(sheet)] == [False, True]
    assert [code for _row, _phone, code in people(sheet)] == ["", "cell_error"]


def test_faults_of_rows_are_their_own_alone(office: Office) -> None:
    sheet = sheet_made(
        office.author,
        "Телефон;Имя\n89210000001;Анна\n89210000002;Бо\0рис\n89210000003\n;\n"
        f"89210000004;{'я' * (LONGEST_VALUE + 1)}\n89210000005;Д\u0007има\n".encode(),
    )

    assert people(sheet) == [
        (2, "79210000001", ""),
        (3, "", "nul"),
        (4, "", "too_few_cells"),
        (6, "", "too_long"),
        (7, "79210000005", ""),
    ]
    assert values(sheet)[-1]["имя"] == "Д има"


def test_reading_goes_on_after_any_row(office: Office) -> None:
    sheet = sheet_made(office.author, LIST)

    assert [one.row for one in sheet_people(sheet, after_row=2)] == [3]


def test_a_long_file_is_laid_out_in_parts_in_flat_memory(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_rows, "_MOST_CHARACTERS", 20_000)
    lines = (f"8921{number:07};{number}{'а' * 200}" for number in range(20_000))
    sheet = sheet_made(office.author, "Телефон;Имя\n" + "\n".join(lines))
    mailing = office.draft(text="{имя}", sheet_id=sheet.pk)
    gathering = sheet_rows.SheetGathering(Mailing.objects.get(pk=mailing.pk))

    tracemalloc.start()
    count = gathering.lay_out()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    gathered = GatheredPerson.objects.filter(mailing=mailing).order_by("position")
    assert (count, gathered.count(), gathered.last().position) == (20_000, 20_000, 20_000)
    assert peak < 20_000_000


def test_rows_over_the_cap_bring_the_mailing_back_with_the_reason(
    office: Office, settings: Settings
) -> None:
    sheet = sheet_made(office.author, LIST)
    settings.IMPORT_MAX_ROWS = 1

    mailing = office.prepared(text="Привет, {имя}!", sheet_id=sheet.pk)

    assert (mailing.stage, mailing.failure) == (Stage.DRAFT, Failure.SHEET_UNREADABLE)
    assert not GatheredPerson.objects.filter(mailing=mailing).exists()


def test_what_a_mailing_was_prepared_from_stays_as_it_was(office: Office) -> None:
    sheet = sheet_made(office.author, LIST)
    mailing = office.prepared(text="Привет, {имя}!", sheet_id=sheet.pk)
    change = {"sheet": sheet, "names": ["Кто", "", "", ""], "phone_column": 1}

    with pytest.raises(Conflict):
        sheet_columns_set(**change, actor=office.author)
    with pytest.raises(Conflict):
        sheet_read_as(sheet=sheet, reading=Reading(Format.TEXT, "utf-8"), actor=office.author)
    as_it_is = {"names": sheet.columns, "phone_column": sheet.phone_column}
    sheet_columns_set(sheet=sheet, **as_it_is, actor=office.author)
    mailing_edit(mailing=mailing, actor=office.author)
    sheet_columns_set(**change, actor=office.author)

    assert Sheet.objects.get().columns == ["Кто", "", "", ""]


@pytest.mark.parametrize("count", [3, 20_000])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_told_about_how_many_rows_there_are(office: Office, count: int, kind: str) -> None:
    rows = [("Анна", f"8921{number:07}") for number in range(count)]
    text = "\n".join(";".join(row) for row in [("Имя", "Телефон"), *rows])
    content = workbook(("Имя", "Телефон"), *rows) if kind == "xlsx" else text.encode()

    sheet = sheet_made(office.author, content, f"a.{kind}")

    assert sheet.row_count == pytest.approx(count, rel=0.1)
    assert count > 1000 or sheet.row_count == count
