"""The uploaded file, kept in parts."""

import io

import pytest
from pytest_django import Settings

from portal.contacts.file_parts import PART_SIZE, FileGone
from portal.contacts.imports.storage import store_file, stored_file
from portal.contacts.models import Import, ImportPart
from portal.contacts.reading import FileFault, FileRefused
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * (3 * PART_SIZE // 256) + b"the end"


@pytest.fixture
def source() -> Import:
    author = MemberFactory()
    return Import.objects.create(organisation=author.organisation, author=author)


def store(source: Import, content: bytes, step: int = 70_000) -> None:
    source.size = store_file(
        source, (content[at : at + step] for at in range(0, len(content), step))
    )


def test_a_file_comes_back_byte_for_byte(source: Import) -> None:
    store(source, CONTENT)

    assert ImportPart.objects.filter(source=source).count() == 4
    with stored_file(source) as file:
        assert file.read() == CONTENT


def test_any_place_of_it_can_be_read(source: Import) -> None:
    store(source, CONTENT)

    with stored_file(source) as file:
        for at in (PART_SIZE - 3, 5, 2 * PART_SIZE):
            file.seek(at)
            assert file.read(7) == CONTENT[at : at + 7]
        file.seek(-7, io.SEEK_END)
        assert (file.read(), file.read()) == (b"the end", b"")


def test_a_file_over_the_limit_is_refused_before_it_is_read_whole(
    source: Import, settings: Settings
) -> None:
    settings.IMPORT_MAX_BYTES = 100_000
    chunks = iter([b"x" * 70_000] * 10)

    with pytest.raises(FileRefused) as refused:
        store_file(source, chunks)

    assert (refused.value.code, refused.value.data["limit"]) == (FileFault.TOO_BIG, 100_000)
    assert len(list(chunks)) == 8


def test_an_empty_file_is_refused(source: Import) -> None:
    with pytest.raises(FileRefused) as refused:
        store_file(source, [b""])

    assert refused.value.code == FileFault.EMPTY


def test_a_file_that_was_deleted_meanwhile_says_so(source: Import) -> None:
    store(source, b"content")
    ImportPart.objects.all().delete()

    with pytest.raises(FileGone), stored_file(source) as file:
        file.read()
