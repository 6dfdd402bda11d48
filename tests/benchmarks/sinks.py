"""Postfix's ``smtp-sink``, to which everything here sends, and its count of e-mails."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import Trouble, free_port, listens, running, wait_until

# Debian keeps it out of an ordinary user's path.
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
_SINK, _SOURCE = shutil.which("smtp-sink", path=_PATH), shutil.which("smtp-source", path=_PATH)
_MOST_CONNECTIONS = 300
_BACKLOG = 256
_TAIL_OCTETS = 200
_LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Flow:
    """E-mails after the first one, and the seconds from the first to the last."""

    e_mails: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.e_mails / self.seconds


@dataclass(frozen=True)
class Sink:
    port: int
    counter: Path
    pid: int

    def count(self) -> int:
        """E-mails accepted since its start. It rewrites ``sess=1 quit=0 mesg=7\\r`` at each."""
        with self.counter.open("rb") as written:
            size = written.seek(0, os.SEEK_END)
            written.seek(max(0, size - _TAIL_OCTETS))
            lines = written.read().split(b"\r")
        # What follows the last return is being written.
        return int(lines[-2].rpartition(b"=")[2]) if len(lines) > 1 else 0

    def watch(self, e_mails: int, *, after: int, seconds: float) -> Flow:
        """Return when ``e_mails`` more than ``after`` have come. Raises ``Trouble`` otherwise."""
        give_up = time.monotonic() + seconds
        first: tuple[float, int] | None = None
        while True:
            now, come = time.monotonic(), self.count() - after
            if come > 0 and first is None:
                first = (now, come)
            if come >= e_mails and first is not None:
                return Flow(come - first[1], max(now - first[0], _LOOK_SECONDS))
            if now > give_up:
                raise Trouble(f"{come} of {e_mails} e-mails came within {seconds:.0f} s")
            time.sleep(_LOOK_SECONDS)


@contextmanager
def sink(folder: Path, *, pipelining: bool = True, dump: Path | None = None) -> Iterator[Sink]:
    """A running ``smtp-sink``; ``dump`` gets what it took, which costs it its speed."""
    if _SINK is None:
        raise Trouble("smtp-sink is missing: install Debian's package postfix")
    port = free_port()
    counter = folder / f"sink-{port}.count"
    options = ["-c", "-m", str(_MOST_CONNECTIONS)]
    options += [] if pipelining else ["-p"]
    options += ["-D", str(dump)] if dump else []
    options += ["-u", "nobody"] if os.geteuid() == 0 else []
    arguments = [_SINK, *options, f"127.0.0.1:{port}", str(_BACKLOG)]
    with running(arguments, log=counter) as process:
        wait_until(lambda: listens(port), what="smtp-sink listens")
        yield Sink(port, counter, process.pid)


def source_rate(sink: Sink, e_mails: int, *, sessions: int, octets: int) -> float:
    """E-mails a second of Postfix's own generator of load, in C, each session for many of them."""
    assert _SOURCE is not None, "in the same package as smtp-sink"
    amount = ["-m", str(e_mails), "-s", str(sessions), "-l", str(octets)]
    begun = time.monotonic()
    subprocess.run([_SOURCE, "-d", *amount, f"127.0.0.1:{sink.port}"], check=True)
    return e_mails / (time.monotonic() - begun)
