"""The file of a spreadsheet, kept for as long as the spreadsheet itself."""

from collections.abc import Iterable
from typing import BinaryIO

from portal.contacts.file_parts import FileParts
from portal.messaging.models import Sheet

_PARTS = FileParts("messaging_sheetpart", "sheet_id")


def store_file(sheet: Sheet, chunks: Iterable[bytes]) -> int:
    """Keep the file of a saved spreadsheet; returns its size in bytes. Raises FileRefused: TOO_BIG,
    EMPTY."""
    return _PARTS.store(sheet.pk, chunks)


def stored_file(sheet: Sheet) -> BinaryIO:
    """The file as it was uploaded. Reading it raises FileGone where it has been deleted."""
    return _PARTS.stored(sheet.pk, sheet.size)
