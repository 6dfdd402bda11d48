"""Other processes and other users that start the embedded database in tests."""

import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from portal.embedded.postgres import EmbeddedPostgres

_START = """
import sys
from pathlib import Path
from portal.embedded.postgres import EmbeddedPostgres
print("imported", flush=True)
sys.stdin.readline()
EmbeddedPostgres(Path(sys.argv[1])).ensure_running()
print("running", flush=True)
sys.stdin.readline()
"""


class Starter:
    """A process in a group of its own that starts the server when told, then idles."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, str(server.data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
            text=True,
        )
        self._await("imported")

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def await_running(self) -> None:
        self._await("running")

    def await_child(self, argument: str) -> None:
        """Wait until the starter runs a program that has this at an argument's end."""
        while not any(each.endswith(argument) for each in self._descendants_arguments()):
            assert self.process.poll() is None

    def descendants(self) -> list[int]:
        return _descendants(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _descendants_arguments(self) -> list[str]:
        return [
            os.fsdecode(argument)
            for child in self.descendants()
            for argument in _arguments(Path(f"/proc/{child}"))
        ]

    def _await(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"


def postmaster_pids(server: EmbeddedPostgres) -> list[int]:
    """Every server process started with this server's socket folder."""
    wanted = os.fsencode(server.socket_dir())
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and wanted in _arguments(entry)
    ]


def kill(pid: int) -> None:
    """Kill a process of any parent, and return when it is gone; it may be gone already."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    select.select([descriptor], [], [], 5)
    os.close(descriptor)


def as_user(uid: int, gid: int, action: Callable[[], object]) -> int:
    """Run `action` in a child process of that user; 0 when it did not raise."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            action()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in (child, *_descendants(child))]


def _arguments(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
