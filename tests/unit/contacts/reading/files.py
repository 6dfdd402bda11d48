"""Files as people save them, in memory."""

import io
from collections.abc import Sequence

from openpyxl import Workbook

from portal.contacts.reading import (
    Doctor,
    FileFault,
    FileRefused,
    Limits,
    Reading,
    Row,
    recognise,
    rows,
)


def file_of(content: bytes | str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(content.encode(encoding) if isinstance(content, str) else content)


def workbook_of(*lines: Sequence[object], title: str = "Лист1") -> io.BytesIO:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title
    for line in lines:
        sheet.append(line)
    return saved(workbook)


def saved(workbook: Workbook) -> io.BytesIO:
    content = io.BytesIO()
    workbook.save(content)
    return content


def read(content: bytes | str | io.BytesIO, file_name: str = "people.csv") -> list[Row]:
    source = content if isinstance(content, io.BytesIO) else file_of(content)
    return list(rows(source, recognise(source, file_name)))


def cells(content: bytes | str | io.BytesIO, file_name: str = "people.csv") -> list[list[str]]:
    return [row.cells for row in read(content, file_name)]


def reading_of(content: bytes | str | io.BytesIO, file_name: str = "people.csv") -> Reading:
    source = content if isinstance(content, io.BytesIO) else file_of(content)
    return recognise(source, file_name)


def refusal_of(
    content: bytes | io.BytesIO, file_name: str = "people.csv", limits: Limits | None = None
) -> FileFault:
    source = content if isinstance(content, io.BytesIO) else file_of(content)
    limits = limits or Limits()
    try:
        for _row in rows(source, recognise(source, file_name, limits=limits), limits=limits):
            pass
    except FileRefused as refused:
        return refused.code
    raise AssertionError("The file was read")


def doctor(*meanings: str, countries: Sequence[str] = ("RU",), needs_phone: bool = False) -> Doctor:
    """Of an organisation 7 with the fields 1 (text), 2 (date) and 3 (number)."""
    return Doctor(
        meanings,
        organisation_id=7,
        field_kinds={1: "text", 2: "date", 3: "number"},
        countries=countries,
        needs_phone=needs_phone,
    )
