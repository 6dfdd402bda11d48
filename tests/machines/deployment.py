"""The portal's processes on several hosts; they share PostgreSQL and a broker alone."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from portal.accounts.models import User
from tests.crash.processes import kill
from tests.machines.hosts import Host

ROOT = Path(settings.BASE_DIR)
LEASE_SECONDS = 4
_END_SECONDS = 30


@dataclass
class Deployment:
    """Two hosts with a worker each, beat on the first; ``hub`` is where the servers are."""

    hosts: Sequence[Host]
    hub: str
    broker_url: str
    folder: Path
    workers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Deployment"]:
        try:
            for host in self.hosts:
                self.start_worker(host)
            self._start(self.hosts[0], "beat", "--pidfile=")
            yield self
        finally:
            for process in self._processes:
                kill(process)

    def start_worker(self, host: Host) -> None:
        options = ("--concurrency", "2", "--without-gossip", "--without-mingle")
        name = ("--hostname", f"worker@{host.name}")
        self.workers[host.name] = self._start(host, "worker", *name, *options)

    def stop_worker(self, host: Host) -> None:
        """Let it end what it has in hand."""
        worker = self.workers[host.name]
        worker.terminate()
        assert worker.wait(_END_SECONDS) == 0

    def send(self, author: User, sender: str, numbers: Sequence[str]) -> int:
        """Submit by the command, which rings the broker; returns the message's id."""
        file = self.folder / "numbers"
        file.write_text("\n".join(numbers))
        ended = subprocess.run(
            [
                *(sys.executable, str(ROOT / "manage.py"), "send_message", "--as", author.email),
                *("--sender", sender, "--to-file", str(file), "--text", "Привет, мир!"),
            ],
            env=self._environment("office"),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return int(ended.stdout)

    def logs(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.folder.glob("*.log")))

    def _start(self, host: Host, *arguments: str) -> "subprocess.Popen[bytes]":
        log = self.folder / f"{len(self._processes)}-{host.name}-{arguments[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*host.entrance, sys.executable, "-m", "celery", "-A", "portal", *arguments],
                cwd=ROOT,
                env=self._environment(host.name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _environment(self, name: str) -> dict[str, str]:
        """Real settings; a host's own disk holds nothing that another host needs."""
        database = urlsplit(os.environ["DATABASE_URL"])
        database = database._replace(path=f"/{connection.settings_dict['NAME']}")
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": self._at_hub(database.geturl()),
            "CELERY_BROKER_URL": self._at_hub(self.broker_url),
            "PORTAL_SECRET_KEY": os.environ["PORTAL_SECRET_KEY"],
            "PORTAL_ENCRYPTION_KEYS": os.environ["PORTAL_ENCRYPTION_KEYS"],
            "PORTAL_DATA_DIR": str(self.folder / name),
            "PORTAL_EHLO_NAME": name,
            "PORTAL_LEASE_SECONDS": str(LEASE_SECONDS),
            "PORTAL_SESSIONS_PER_WORKER": "16",
            "PORTAL_DOT_TIMEOUT_SECONDS": "10",
            "PORTAL_SMTP_TIMEOUT_SECONDS": "5",
        }

    def _at_hub(self, url: str) -> str:
        return url.replace("127.0.0.1", self.hub, 1)
