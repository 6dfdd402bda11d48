"""The running server process, as its pid file and the kernel show it (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.postgres.files import ServerFiles

# Line 8 of postmaster.pid, see "LOCK_FILE_LINE_PM_STATUS" in PostgreSQL's miscadmin.h.
_STATUS_LINE = 7


@dataclass(frozen=True)
class Postmaster:
    pid: int
    ready: bool


def find_postmaster(files: ServerFiles) -> Postmaster | None:
    """The living server of this data folder, or None.

    A pid file may outlive its server, and its number may by now be another process's; so the
    process must have been started with this data folder's socket folder.
    """
    try:
        lines = files.pid_file.read_text().splitlines()
        pid = int(lines[0])
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    if os.fsencode(files.socket_folder) not in arguments:
        return None
    return Postmaster(pid, lines[_STATUS_LINE:] != [] and lines[_STATUS_LINE].strip() == "ready")
