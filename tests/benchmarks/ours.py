"""An installation of the portal in a folder of its own, used through its public doors."""

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.postgres.files import ServerFiles
from portal.embedded.postgres.postmaster import find_postmaster
from tests.benchmarks.letters import (
    FIRST_NUMBER,
    MAIL_FROM,
    MAILBOX,
    SENDER,
    SMS_PASSWORD,
    SMS_USER,
    TEXT,
)
from tests.benchmarks.processes import (
    ROOT,
    Process,
    Trouble,
    child_environment,
    hear,
    python,
    running,
    tell,
    wait_until,
)
from tests.benchmarks.services import Services

ADMINISTRATOR = "administrator@example.com"
WORKERS = 2
# A worker may take one ring while it works on another; so many reach every worker.
RINGS = 2 * WORKERS
_HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Alone:
    """A whole process: what it printed, its seconds and its peak memory in MiB."""

    output: str
    seconds: float
    peak_mib: float


@dataclass
class Portal:
    folder: Path
    environment: Mapping[str, str]
    database: str
    clerk: Process
    postmaster: int | None = None
    organisations: list[str] = field(default_factory=list)

    def ask(self, order: str, *arguments: object) -> Any:
        """What the clerk answers. Raises ``Trouble`` with the portal's own words."""
        tell(self.clerk, json.dumps([order, *arguments]))
        done, answer = json.loads(hear(self.clerk))
        if not done:
            raise Trouble(f"{order} {arguments}: {answer}")
        return answer

    def command(self, *arguments: str) -> str:
        return str(self.ask("command", *arguments))

    def organisation_add(self, name: str, *, port: int, **limits: int) -> None:
        """With a manager, the sender name, and a gateway account at ``port``."""
        self.command("create_organisation", name, "--manager", manager_of(name))
        password = self.folder / "password"
        password.write_text(SMS_PASSWORD)
        place = ["--host", "127.0.0.1", "--port", str(port), "--security", "none"]
        login = ["--sms-user", SMS_USER, "--password-file", str(password)]
        addresses = ["--mailbox", MAILBOX, "--from-address", MAIL_FROM]
        self.command("set_gateway", "--organisation", name, *place, *login, *addresses)
        self.gateway_change(name, **limits)
        approval = ["--organisation", name, "--by", ADMINISTRATOR, SENDER]
        self.command("approve_sender", *approval)
        self.organisations.append(name)

    def gateway_change(self, organisation: str, **changes: int) -> None:
        """By ``set_gateway``'s options: ``port``, ``connections``, ``numbers_per_email`` …"""
        options = [f"--{name.replace('_', '-')}={value}" for name, value in changes.items()]
        self.command("set_gateway", "--organisation", organisation, *options)

    def send(self, organisation: str, recipients: int) -> str:
        """A message to so many; its id."""
        return self.command("send_message", *self.order(organisation, recipients))

    def send_own_texts(self, organisation: str, recipients: int) -> str:
        """The same, each with a text of their own."""
        return str(self.ask("submit_own_texts", organisation, recipients))

    def send_alone(self, organisation: str, recipients: int) -> Alone:
        """The same in a process of its own, as a script would."""
        return self.alone("manage.py", "send_message", *self.order(organisation, recipients))

    def alone(self, *arguments: str) -> Alone:
        """Python with these arguments, in a process of its own. Raises ``Trouble``."""
        return _alone(python(*arguments), child_environment(self.environment))

    def order(self, organisation: str, recipients: int) -> list[str]:
        numbers = self.folder / f"{recipients}.txt"
        if not numbers.exists():
            with numbers.open("w") as file:
                file.writelines(f"{FIRST_NUMBER + n}\n" for n in range(recipients))
        author = ["--as", manager_of(organisation), "--sender", SENDER, "--text", TEXT]
        return [*author, "--to-file", str(numbers)]

    def counts(self, message_id: str) -> dict[str, int]:
        """Recipients of the message by state."""
        counts = json.loads(self.command("message_status", message_id, "--json"))["counts"]
        return {state: number for state, number in counts.items() if number}

    @contextmanager
    def workers(
        self, number: int = WORKERS, *, sessions: int, with_beat: bool = True
    ) -> Iterator[list[Process]]:
        """So many Celery workers of one process each, and the beat beside them."""
        environment = {**self.environment, "PORTAL_SESSIONS_PER_WORKER": str(sessions)}
        with ExitStack() as stack:
            logs = [self.folder / f"worker-{n}-{secrets.token_hex(4)}.log" for n in range(number)]
            started = [
                stack.enter_context(running(_worker(log.stem), log=log, environment=environment))
                for log in logs
            ]
            if with_beat:
                beat = python("-m", "celery", "-A", "portal", "beat")
                log = self.folder / "beat.log"
                stack.enter_context(running(beat, log=log, environment=environment))
            wait_until(lambda: all(map(_is_ready, logs)), what="every worker is ready")
            yield started


def _alone(arguments: list[str], environment: Mapping[str, str]) -> Alone:
    begun = time.monotonic()
    process = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as output:
        printed = output.read().decode().strip()
    # The kernel's own account of this child alone; Popen would not hand it on.
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Trouble(f"{arguments} ended with {process.returncode}")
    return Alone(printed, time.monotonic() - begun, usage.ru_maxrss / 1024)


def manager_of(organisation: str) -> str:
    return f"manager@{organisation}.example"


def peak_mib_of_children(worker: Process) -> float:
    """The largest that a process of the worker's pool has been, in MiB."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    peaks = [_HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text()) for pid in children]
    return max(int(peak.group(1)) for peak in peaks if peak) / 1024


@contextmanager
def embedded_portal(folder: Path) -> Iterator[Portal]:
    """With the database and broker that it brings along."""
    data = folder / "data"
    server = EmbeddedPostgres(data)
    place = " ".join(f"{key}='{value}'" for key, value in server.connection_parameters().items())
    try:
        with _portal(folder, {"PORTAL_DATA_DIR": str(data)}, place) as portal:
            portal.postmaster = _postmaster(data)
            yield portal
    finally:
        server.stop()


def _postmaster(data: Path) -> int | None:
    found = find_postmaster(ServerFiles(data))
    return found.pid if found else None


@contextmanager
def server_portal(folder: Path, services: Services, name: str) -> Iterator[Portal]:
    """On Debian's PostgreSQL and Redis."""
    database = services.make_database(name)
    environment = {
        "PORTAL_DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": services.broker_url,
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    with _portal(folder, environment, database) as portal:
        yield portal


@contextmanager
def _portal(folder: Path, environment: Mapping[str, str], database: str) -> Iterator[Portal]:
    clerk = python("-m", "tests.benchmarks.clerk")
    log = folder / "clerk.log"
    with running(clerk, log=log, environment=environment, has_pipes=True) as process:
        portal = Portal(folder, environment, database, process)
        portal.command("migrate", "--verbosity", "0")
        portal.command("create_administrator", ADMINISTRATOR)
        yield portal


def _is_ready(log: Path) -> bool:
    return " ready." in log.read_text()


def _worker(name: str) -> list[str]:
    options = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return python("-m", "celery", "-A", "portal", "worker", "-n", f"{name}@%h", *options)
