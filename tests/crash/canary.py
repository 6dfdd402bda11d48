"""Looking for passwords where none may be."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connection

SMS_PASSWORD = "canary-51d0-sms-пароль"
SMTP_PASSWORD = "canary-51d0-smtp"
_MARKS = ("canary-51d0", "51d0-sms-п", "51d0-smtp")


def spellings() -> set[bytes]:
    """The passwords as text, in the letter's charset, in base64 at each of three offsets, and as
    AUTH PLAIN sends them."""
    found: set[bytes] = set()
    for password in (SMS_PASSWORD, SMTP_PASSWORD):
        for charset in ("utf-8", "cp1251"):
            for offset in range(3):
                encoded = base64.b64encode(b"\0" * offset + password.encode(charset))
                # What depends on the neighbours is cut off at both ends.
                found.add(encoded[4:-4])
    return found | {mark.encode(charset) for mark in _MARKS for charset in ("utf-8", "cp1251")}


def shows_a_password(content: bytes) -> bool:
    return any(spelling in content for spelling in spellings())


def files_with_a_password(folders: Iterable[Path]) -> list[Path]:
    """Every file below the folders but those of the database server."""
    return [
        file
        for folder in folders
        if folder.exists()
        for file in _files(folder)
        if shows_a_password(file.read_bytes())
    ]


def tables_with_a_password() -> list[str]:
    """Every column of every table, the encrypted ones too."""
    return [table for table in connection.introspection.table_names() if _table_shows(table)]


def _table_shows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")
        return any(shows_a_password(row.encode()) for (row,) in cursor.fetchall())


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name != "postgres":
            yield from _files(path)
        elif path.is_file():
            yield path
