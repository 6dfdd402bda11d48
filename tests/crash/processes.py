"""Worker processes on the test's database, and their violent ends."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.crash.dying_worker import Point

ROOT = Path(settings.BASE_DIR)
_END_SECONDS = 30


class Workshop:
    """Starts workers, each the leader of a process group; their output is in ``logs``.

    Their broker is files in the folder, unless ``ground`` tells them of another.
    """

    def __init__(self, folder: Path, ground: Mapping[str, str] | None = None) -> None:
        self.broker_folder = folder / "broker-home"
        self._ground = ground or {"PORTAL_TEST_BROKER_FOLDER": str(self.broker_folder)}
        self.logs = folder / "logs"
        self.logs.mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []

    def dying(self, account_id: int, point: Point, signal_name: str) -> "subprocess.Popen[bytes]":
        """A run of the engine that meets the signal at the point."""
        arguments = [str(account_id), point.value, signal_name]
        return self._start(["-m", "tests.crash.dying_worker", *arguments])

    def dying_import(self, import_id: int, point: str, nth: int) -> "subprocess.Popen[bytes]":
        """A worker at an import that is killed the nth time it comes to the point."""
        return self._start(["-m", "tests.crash.dying_import", str(import_id), point, str(nth)])

    def dying_mailing(self, mailing_id: int, point: str, nth: int) -> "subprocess.Popen[bytes]":
        """The same at a mailing."""
        return self._start(["-m", "tests.crash.dying_mailing", str(mailing_id), point, str(nth)])

    def celery(
        self, app: str = "portal", *, loglevel: str = "DEBUG", **environment: str
    ) -> "subprocess.Popen[bytes]":
        """A real Celery worker with two children."""
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle"]
        arguments = ["-m", "celery", "-A", app, "worker", "--loglevel", loglevel, *options]
        return self._start(arguments, **environment)

    def wipe_broker(self) -> None:
        shutil.rmtree(self.broker_folder, ignore_errors=True)

    def close(self) -> None:
        for process in self._processes:
            kill(process)

    def _start(self, arguments: list[str], **environment: str) -> "subprocess.Popen[bytes]":
        log = self.logs / f"worker-{len(self._processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **self._environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PORTAL_TEST_DATABASE": str(connection.settings_dict["NAME"]),
            **self._ground,
            "PORTAL_LEASE_SECONDS": str(settings.DELIVERY_LEASE_SECONDS),
            "PORTAL_DOT_TIMEOUT_SECONDS": str(settings.DELIVERY_DOT_TIMEOUT_SECONDS),
            "PYTHONUNBUFFERED": "1",
        }


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the whole group, its children too; does nothing to one that has ended."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_END_SECONDS)


def ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of it; the exit code, or minus the signal that killed it."""
    return process.wait(_END_SECONDS)


def await_stop(process: "subprocess.Popen[bytes]") -> None:
    """Return once the process stands still, by SIGSTOP; fails where it ended instead."""
    event = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert event is not None
    assert event.si_code == os.CLD_STOPPED, "the worker ended before it was stopped"


def resume(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGCONT)
