"""Whatever bytes are uploaded, they are rows, faults or a refusal."""

import contextlib
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.contacts.reading import (
    DELIMITERS,
    ENCODINGS,
    FileRefused,
    Format,
    Limits,
    Reading,
    guess_meanings,
    preview,
    recognise,
    rows,
)
from tests.unit.contacts.reading.files import doctor, file_of, workbook_of

LIMITS = Limits(size=100_000, unpacked=1_000_000, rows=1000)
PIECES = st.sampled_from(
    (
        *(b"\n", b"\r\n", b"\r", b'"', b";", b",", b"\t", b"\0", b"'=", b"sep=;\n"),
        *(b"\xff\xfe", b"\xef\xbb\xbf", "Иванов".encode(), "Иванов".encode("cp1251")),
        *(b"BEGIN:VCARD\n", b"END:VCARD\n", b"TEL:", b"7,9E+10", b"79210000000"),
        b"N;ENCODING=QUOTED-PRINTABLE;CHARSET=x:=D0=",
    )
)
BYTES = st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=60).map(b"".join)
READINGS = st.builds(
    Reading,
    format=st.sampled_from(Format),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(DELIMITERS),
    header_row=st.integers(0, 12),
    sheet=st.just("Лист1"),
)
WORKBOOK = workbook_of(["Имя", "Телефон"], ["Анна", 79210000000]).getvalue()
with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _package:
    PARTS = _package.namelist()


def read_whole(content: bytes, reading: Reading | None = None) -> None:
    """Every row can be judged, stored as JSON and by PostgreSQL, and comes the same again."""
    source = file_of(content)
    with contextlib.suppress(FileRefused):
        reading = reading or recognise(source, "people", limits=LIMITS)
        shown = preview(source, reading, limits=LIMITS)
        meanings = guess_meanings(shown.headings, [row.cells for row in shown.rows], [], {})
        examine = doctor(*meanings).examine
        found = list(rows(source, reading, limits=LIMITS))
        for row in found:
            stored = json.dumps(row.cells, ensure_ascii=False)
            assert "\\u0000" not in stored
            stored.encode()
            if row.fault is None:
                examine(row.cells)
        assert found == list(rows(source, reading, limits=LIMITS))
        numbers = [row.number for row in found]
        assert numbers == sorted(set(numbers))


@given(content=BYTES)
def test_arbitrary_bytes_are_rows_faults_or_a_refusal(content: bytes) -> None:
    read_whole(content)


@given(content=BYTES, reading=READINGS)
def test_so_they_are_however_somebody_chooses_to_read_them(
    content: bytes, reading: Reading
) -> None:
    read_whole(content, reading)


@given(place=st.integers(0, len(WORKBOOK) - 1), piece=st.binary(min_size=1, max_size=6))
def test_so_is_a_workbook_with_bytes_changed(place: int, piece: bytes) -> None:
    read_whole(WORKBOOK[:place] + piece + WORKBOOK[place + len(piece) :])


@given(end=st.integers(0, len(WORKBOOK)))
def test_so_is_a_workbook_cut_short(end: int) -> None:
    read_whole(WORKBOOK[:end])


@pytest.mark.parametrize("part", PARTS)
@given(place=st.floats(0, 1), piece=st.binary(max_size=6), taken=st.integers(0, 30))
def test_so_is_a_workbook_with_a_part_changed(
    part: str, place: float, piece: bytes, taken: int
) -> None:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in PARTS:
            content = old.read(name)
            if name == part:
                start = int(place * len(content))
                content = content[:start] + piece + content[start + taken :]
            new.writestr(name, content)
    read_whole(changed.getvalue())
