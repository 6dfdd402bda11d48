"""Uploaded files in the database, so that a worker on any machine can read them."""

import io
from collections.abc import Iterable
from typing import BinaryIO, cast

from django.conf import settings

from portal.contacts.models import Import, ImportPart
from portal.contacts.reading import FileFault, FileRefused
from portal.core.prepared import rows

PART_SIZE = 2**20
_ADD = """
    INSERT INTO contacts_importpart (source_id, number, content)
    VALUES (%(source)s, %(number)s, %(content)s)
"""
_READ = """
    SELECT content FROM contacts_importpart WHERE source_id = %(source)s AND number = %(number)s
"""


class FileGone(Exception):
    """The file was deleted while it was being read."""


def store_file(source: Import, chunks: Iterable[bytes]) -> int:
    """Keep the file of a saved import in parts as it comes; returns its size in bytes.

    Raises FileRefused, TOO_BIG at the first byte over ``IMPORT_MAX_BYTES``, EMPTY for none.
    """
    size = number = 0
    waiting = bytearray()
    for chunk in chunks:
        size += len(chunk)
        if size > settings.IMPORT_MAX_BYTES:
            raise FileRefused(FileFault.TOO_BIG, limit=settings.IMPORT_MAX_BYTES)
        waiting += chunk
        while len(waiting) >= PART_SIZE:
            _add(source, number, bytes(waiting[:PART_SIZE]))
            del waiting[:PART_SIZE]
            number += 1
    if not size:
        raise FileRefused(FileFault.EMPTY)
    if waiting:
        _add(source, number, bytes(waiting))
    return size


def stored_file(source: Import) -> BinaryIO:
    """The file as it was uploaded. Reading it raises FileGone where it has been deleted."""
    return cast(BinaryIO, io.BufferedReader(_StoredFile(source.pk, source.size), PART_SIZE))


def forget_file(source: Import) -> None:
    ImportPart.objects.filter(source=source).delete()


class _StoredFile(io.RawIOBase):
    """Reads whole parts, one at a time."""

    def __init__(self, source_id: int, size: int) -> None:
        self._source_id = source_id
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("A file has no place before its beginning")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, PART_SIZE)
        found = rows(_READ, {"source": self._source_id, "number": number})
        if not found:
            raise FileGone
        piece = found[0][0][offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _add(source: Import, number: int, content: bytes) -> None:
    rows(_ADD, {"source": source.pk, "number": number, "content": content})
