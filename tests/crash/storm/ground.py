"""Where a storm rages: a database and a broker of its own, and how they are struck."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from portal.core.keys import new_encryption_key
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.postgres.files import ServerFiles
from portal.embedded.postgres.postmaster import find_postmaster

ROOT = Path(__file__).resolve().parents[3]


class Ground(Protocol):
    @property
    def environment(self) -> Mapping[str, str]:
        """What every process of the portal is told of it."""

    def wipe_broker(self) -> None:
        """The broker forgets everything, under its users."""

    def restart_database(self) -> bool:
        """A crash, and recovery from the log; whether there was a server to strike."""

    def stop(self) -> None: ...


class Embedded:
    """Everything in the folder, as without ``DATABASE_URL``."""

    def __init__(self, folder: Path) -> None:
        self._data, self._broker = folder / "data", folder / "broker-home"
        self.environment = {
            "PORTAL_DATA_DIR": str(self._data),
            "PORTAL_TEST_BROKER_FOLDER": str(self._broker),
        }

    def wipe_broker(self) -> None:
        shutil.rmtree(self._broker, ignore_errors=True)

    def restart_database(self) -> bool:
        postmaster = find_postmaster(ServerFiles(self._data.resolve()))
        if postmaster is None or not postmaster.ready:
            return False
        os.kill(postmaster.pid, signal.SIGQUIT)
        # A worker may start it before we do.
        EmbeddedPostgres(self._data).ensure_running()
        return True

    def stop(self) -> None:
        EmbeddedPostgres(self._data).stop()


class Server:
    """PostgreSQL and Redis of the machine's own packages, started in the folder; as root, and where
    the user postgres may look into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "services"
        start = 'mkdir "$1"; start_postgres "$1" ""; start_redis "$1" ""'
        told = self._services(f'{start}; echo "$DATABASE_URL" "$CELERY_BROKER_URL"')
        database, broker = told.split()
        self.environment = {
            "PORTAL_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "PORTAL_TEST_BROKER": broker,
            "PORTAL_SECRET_KEY": secrets.token_urlsafe(50),
            "PORTAL_ENCRYPTION_KEYS": new_encryption_key(),
        }

    def wipe_broker(self) -> None:
        self._services('renew_redis "$1"')

    def restart_database(self) -> bool:
        data = '"$1/postgres/data" --log "$1/postgres/log"'
        self._services(f"as_postgres pg_ctl restart --silent --mode immediate --pgdata {data}")
        return True

    def stop(self) -> None:
        self._services('stop_services "$1"')

    def _services(self, command: str) -> str:
        """What functions of ``.ci/services`` print."""
        script = f"source .ci/services; {command}"
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script, "services", str(self._folder)],
            cwd=ROOT,
            env={**os.environ, "PORTAL_TEST_FSYNC": "on"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
