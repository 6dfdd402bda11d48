"""Child processes that end with the benchmark, whichever way it goes."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1
_END_SECONDS = 15.0
Process = subprocess.Popen[bytes]


class Trouble(Exception):
    """A measurement could not be taken; says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    has_pipes: bool = False,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[Process]:
    """The process while it is needed, the leader of a group that ends with it.

    Its stderr goes into ``log``, and its stdout too unless it ``has_pipes``.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(arguments),
            cwd=ROOT,
            env=child_environment(environment),
            stdin=subprocess.PIPE if has_pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if has_pipes else output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    try:
        yield process
    finally:
        _end(process, stop_signal)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def tell(process: Process, line: str) -> None:
    assert process.stdin is not None, "started with pipes"
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()


def hear(process: Process) -> str:
    """The next line of a process with pipes. Raises ``Trouble`` where it ended instead."""
    assert process.stdout is not None, "started with pipes"
    line = process.stdout.readline()
    if not line:
        raise Trouble(f"{process.args!r} ended with {process.wait()}")
    return line.decode().rstrip("\n")


def wait_until(
    is_so: Callable[[], bool], *, what: str, seconds: float = 60.0, pause: float = 0.02
) -> None:
    """Raises ``Trouble`` where ``is_so`` stays false for so long."""
    give_up = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up:
            raise Trouble(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(pause)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def child_environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """What this machine says of a portal of its own is not about those measured here."""
    foreign = ("PORTAL_", "DATABASE_URL", "CELERY_", "CACHE_URL", "EMAIL_URL", "DJANGO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(more or {})}


def _end(process: Process, stop_signal: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for pipe in filter(None, (process.stdin, process.stdout)):
        pipe.close()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
