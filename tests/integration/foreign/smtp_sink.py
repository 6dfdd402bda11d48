"""Postfix's smtp-sink: a server that takes everything and writes down what it took."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.foreign.ports import HOST, await_greeting, free_port

PROGRAM = Path("/usr/sbin/smtp-sink")


@dataclass(frozen=True)
class Sink:
    """``folder`` gets a file for every e-mail, before its 250 is written."""

    port: int
    folder: Path

    def mails(self) -> list[bytes]:
        """Every e-mail taken, with CRLF ends; without the lines that the sink puts before it."""
        return [_as_sent(file.read_bytes()) for file in sorted(self.folder.glob("mail.*"))]


@contextmanager
def smtp_sink(folder: Path, *options: str) -> Iterator[Sink]:
    """The server in a process of its own, on a free port, with smtp-sink's own ``options``."""
    folder.chmod(0o777)
    port = free_port()
    # Who starts it as root must name another user for it to work as.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [str(PROGRAM), *user, *options, "-d", "mail.", f"{HOST}:{port}", "64"], cwd=folder
    )
    try:
        await_greeting(port, process)
        yield Sink(port, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _as_sent(dump: bytes) -> bytes:
    mail = dump[dump.index(b"\nFrom: ") + 1 :].removesuffix(b"\n")
    return mail.replace(b"\n", b"\r\n")
