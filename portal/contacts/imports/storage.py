"""The file of an import, kept until its rows are written."""

from collections.abc import Iterable
from typing import BinaryIO

from portal.contacts.file_parts import FileParts
from portal.contacts.models import Import, ImportPart

_PARTS = FileParts("contacts_importpart", "source_id")


def store_file(source: Import, chunks: Iterable[bytes]) -> int:
    """Keep the file of a saved import; returns its size in bytes. Raises FileRefused: TOO_BIG,
    EMPTY."""
    return _PARTS.store(source.pk, chunks)


def stored_file(source: Import) -> BinaryIO:
    """The file as it was uploaded. Reading it raises FileGone where it has been deleted."""
    return _PARTS.stored(source.pk, source.size)


def forget_file(source: Import) -> None:
    ImportPart.objects.filter(source=source).delete()
