"""A worker that is killed amid an import.

Usage: ``python -m tests.crash.dying_import IMPORT POINT NTH``. The import knows nothing of this:
what it calls is wrapped from outside, and its batches are of ``ROWS`` rows.
"""

import os
import signal
import sys
from enum import StrEnum
from typing import Any

import django

ROWS = 10


class ImportPoint(StrEnum):
    """Moments of a step."""

    CHECKED_UNCOMMITTED = "checked_uncommitted"
    CHECKED = "checked"
    WRITTEN_UNCOMMITTED = "written_uncommitted"
    WRITTEN = "written"
    TAKEN_BACK_UNCOMMITTED = "taken_back_uncommitted"


def arrange(point: ImportPoint, nth: int) -> None:
    from portal.contacts.imports import check, undo, write

    check.ROWS_PER_STEP = undo.ROWS_PER_STEP = ROWS
    match point:
        case ImportPoint.CHECKED_UNCOMMITTED:
            die_after(check, "keep_lines", nth)
        case ImportPoint.CHECKED:
            die_after(check, "_step", nth)
        case ImportPoint.WRITTEN_UNCOMMITTED:
            die_after(write, "_write", nth)
        case ImportPoint.WRITTEN:
            die_after(write, "_step", nth)
        case ImportPoint.TAKEN_BACK_UNCOMMITTED:
            die_after(undo, "_delete_made", nth)


def die_after(where: Any, name: str, nth: int) -> None:
    """SIGKILL when the nth call has returned."""
    original, calls = getattr(where, name), iter(range(1, nth))

    def wrapped(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(where, name, wrapped)


def main(import_id: str, point: str, nth: str) -> None:
    django.setup()
    arrange(ImportPoint(point), int(nth))
    from portal.contacts.imports.work import work_slice

    work_slice(int(import_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
