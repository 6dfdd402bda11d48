"""Uploaded files in the database, so that a worker on any machine can read them."""

import io
from collections.abc import Iterable
from typing import BinaryIO, cast

from django.conf import settings

from portal.contacts.reading import FileFault, FileRefused
from portal.core.prepared import rows

PART_SIZE = 2**20
_LONGEST_FILE_NAME = 200


class FileGone(Exception):
    """The file was deleted while it was being read."""


def shown_file_name(name: str) -> str:
    """As much of a file's name as is kept and shown."""
    printable = filter(str.isprintable, name.encode("utf-8", "replace").decode())
    return "".join(printable)[:_LONGEST_FILE_NAME]


class FileParts:
    """Files in parts, all in one table: ``owner`` is the column that says whose a part is, beside
    ``number`` and ``content``."""

    def __init__(self, table: str, owner: str) -> None:
        # No value is formatted in.
        self._add = f"INSERT INTO {table} ({owner}, number, content) " + (
            "VALUES (%(owner)s, %(number)s, %(content)s)"
        )
        self._read = f"SELECT content FROM {table} WHERE {owner} = " + (  # noqa: S608
            "%(owner)s AND number = %(number)s"
        )

    def store(self, owner_id: int, chunks: Iterable[bytes]) -> int:
        """Keep a file as it comes; returns its size in bytes.

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
                self._keep(owner_id, number, bytes(waiting[:PART_SIZE]))
                del waiting[:PART_SIZE]
                number += 1
        if not size:
            raise FileRefused(FileFault.EMPTY)
        if waiting:
            self._keep(owner_id, number, bytes(waiting))
        return size

    def stored(self, owner_id: int, size: int) -> BinaryIO:
        """The file as it was uploaded. Reading it raises FileGone where it has been deleted."""
        return cast(BinaryIO, io.BufferedReader(_StoredFile(self, owner_id, size), PART_SIZE))

    def part(self, owner_id: int, number: int) -> bytes:
        """Raises FileGone."""
        found = rows(self._read, {"owner": owner_id, "number": number})
        if not found:
            raise FileGone
        return bytes(found[0][0])

    def _keep(self, owner_id: int, number: int, content: bytes) -> None:
        rows(self._add, {"owner": owner_id, "number": number, "content": content})


class _StoredFile(io.RawIOBase):
    """Reads whole parts, one at a time."""

    def __init__(self, parts: FileParts, owner_id: int, size: int) -> None:
        self._parts = parts
        self._owner_id = owner_id
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
        piece = self._parts.part(self._owner_id, number)[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
