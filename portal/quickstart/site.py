"""The whole portal on one machine, as a set of processes."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from portal.core.errors import Refused
from portal.embedded.folders import make_private_folder
from portal.embedded.postgres import EmbeddedPostgres
from portal.quickstart.demo import Login, demo_create, demo_new_passwords, sandbox_connect
from portal.quickstart.processes import Household

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
START_SECONDS = 60.0


class Site:
    """Starts database, sandbox operator, worker, beat and web server; ``address`` is its URL."""

    def __init__(
        self, *, port: int | None, any_port: bool = False, new_passwords: bool = False
    ) -> None:
        self.new_passwords = new_passwords
        self.port = port or _free_port(preferred=0 if any_port else DEFAULT_PORT)
        if port and not _is_free(port):
            raise Refused(f"Port {port} is in use.")
        self.address = f"http://{HOST}:{self.port}/"
        self.sandbox_folder = make_private_folder(Path(settings.DATA_DIR) / "sandbox")
        self.log_folder = make_private_folder(Path(settings.DATA_DIR) / "logs")
        self.database = EmbeddedPostgres(settings.DATA_DIR)
        self.household = Household(
            self.log_folder,
            {"PORTAL_BASE_URL": self.address, "PORTAL_DATA_DIR": str(settings.DATA_DIR)},
        )

    @contextmanager
    def running(self) -> Iterator[list[Login]]:
        """Everything up and answering inside the block, with the demo's logins where they are
        new; all that was started is stopped after it, however often Ctrl-C is pressed."""
        was_running = self.database.is_running()
        try:
            self.database.ensure_running()
            call_command("migrate", verbosity=0)
            logins = demo_create()
            if self.new_passwords and not logins:
                logins = demo_new_passwords()
            self._start_children()
            self._wait_until_it_answers()
            yield logins
        finally:
            with _undisturbed():
                self.household.stop()
                connections.close_all()
                if not was_running:
                    self.database.stop()

    def _start_children(self) -> None:
        sandbox_port = _free_port()
        sandbox_connect(port=sandbox_port, accounts_path=self.sandbox_folder / "accounts.json")
        connections.close_all()
        manage = str(settings.BASE_DIR / "manage.py")
        start = self.household.start
        # First, so that it ends last: the worker waits for its answers.
        start("sandbox_operator", [manage, "sandbox_operator", "--port", str(sandbox_port)])
        worker = ["-m", "celery", "-A", "portal", "worker", "--without-gossip", "--without-mingle"]
        start("worker", [*worker, "--concurrency", "2", "--exclude-queues", "background"])
        # Imports and the like: no SMS waits for them.
        start("background", [*worker, "--concurrency", "1", "--queues", "background"])
        start("beat", ["-m", "celery", "-A", "portal", "beat", "--pidfile="])
        web = ["--bind", f"{HOST}:{self.port}", "--workers", "2", "--threads", "4"]
        start("web", ["-m", "gunicorn", "portal.wsgi", "--no-control-socket", *web])

    def _wait_until_it_answers(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while not _answers(self.address):
            if ended := self.household.ended():
                raise Refused(f"{ended.name} did not start; see {ended.log}")
            if time.monotonic() > give_up:
                raise Refused(f"The web server does not answer; see {self.log_folder}")
            time.sleep(0.1)

    def watch(self) -> None:
        """Return when a child ends by itself; raises KeyboardInterrupt at Ctrl-C."""
        while not (ended := self.household.ended()):
            time.sleep(0.5)
        raise Refused(
            f"{ended.name} ended unexpectedly; see {ended.log}. "
            "Start quickstart again: nothing is lost."
        )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C again while things end in order is answered and does not leave half of them behind."""

    def answer(*_signal: object) -> None:
        os.write(2, b"Stopping already; the worker ends what it is sending.\n")

    before = {end: signal.signal(end, answer) for end in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for end, handler in before.items():
            signal.signal(end, handler)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(*, preferred: int = 0) -> int:
    if preferred and _is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}account/login/", timeout=10) as page:  # noqa: S310
            return bool(page.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
