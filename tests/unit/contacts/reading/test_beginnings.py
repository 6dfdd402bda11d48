"""What a request waits for is read of a file's beginning alone."""

import io
import time
from collections.abc import Callable

import pytest

from portal.contacts.reading import Format, Reading, preview, recognise, rows
from tests.unit.contacts.reading.test_xlsx import incompressible, sheet_of

BREAKS = 30 * 2**20
PERSON = '<row><c t="inlineStr"><is><t>Анна</t></is></c></row>'


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("line_break", [b"\n", b"\r", b"\r\n", b"\n\r", b'"\n', b";\n"])
def test_a_file_of_line_breaks_is_no_wait(line_break: bytes) -> None:
    source = io.BytesIO(line_break * (BREAKS // len(line_break)))

    def seen() -> None:
        preview(source, recognise(source, "people.csv"))

    assert seconds_of(seen) < 6


def test_a_sheet_of_anything_but_rows_is_no_wait() -> None:
    junk = b"<x/>" * 8_000_000
    sheet = incompressible(sheet_of(PERSON.encode() + junk + PERSON.encode()), 30)
    found = []

    def seen() -> None:
        reading = recognise(sheet, "people.xlsx")
        found.extend(preview(sheet, reading).rows)

    assert seconds_of(seen) < 12
    assert [row.cells for row in found] == [["Анна"]]


def test_a_row_that_the_beginning_cuts_off_is_not_previewed_but_read() -> None:
    card = f"BEGIN:VCARD\nFN:Анна\nNOTE:{'я' * 40_000}\nEND:VCARD\n"
    source = io.BytesIO(card.encode() * 19)
    reading = Reading(Format.VCARD, "utf-8")
    assert [row.fault for row in preview(source, reading).rows] == [None] * 13
    assert [row.fault for row in rows(source, reading)] == [None] * 19
