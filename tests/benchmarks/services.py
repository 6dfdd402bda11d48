"""PostgreSQL and Redis of Debian's packages, in a folder of their own, on 127.0.0.1.

As ``.ci/services`` starts them, but PostgreSQL with its own default of waiting for the disk.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.benchmarks.processes import Trouble, free_port, listens, running, wait_until

_DEBIAN = Path("/usr/lib/postgresql")
_SUPERUSER = "postgres"


@dataclass(frozen=True)
class Services:
    database_port: int
    broker_port: int

    def database_url(self, name: str) -> str:
        return f"postgres://{_SUPERUSER}@127.0.0.1:{self.database_port}/{name}"

    @property
    def broker_url(self) -> str:
        return f"redis://127.0.0.1:{self.broker_port}/0"

    def make_database(self, name: str) -> str:
        """Makes it and returns its address."""
        with psycopg.connect(self.database_url(_SUPERUSER), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.database_url(name)


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    with _postgres(folder) as database_port, _redis(folder) as broker_port:
        yield Services(database_port, broker_port)


@contextmanager
def _postgres(folder: Path) -> Iterator[int]:
    binaries, data, port = newest_binaries(), folder / "postgres", free_port()
    data.mkdir(mode=0o700)
    as_owner: list[str] = []
    if os.geteuid() == 0:
        # It refuses to run as root.
        owner = pwd.getpwnam(_SUPERUSER)
        os.chown(data, owner.pw_uid, owner.pw_gid)
        as_owner = ["setpriv", "--reuid", _SUPERUSER, "--regid", _SUPERUSER, "--clear-groups"]
    initdb = ["initdb", "--pgdata", str(data), "--username", _SUPERUSER, "--auth", "trust"]
    encoding = ["--encoding", "UTF8", "--locale", "C.UTF-8"]
    initdb[0] = str(binaries / initdb[0])
    subprocess.run([*as_owner, *initdb, *encoding], check=True, capture_output=True, cwd="/")
    server = [*as_owner, str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    log = folder / "postgres.log"
    # SIGINT ends the sessions that are left, where SIGTERM would wait for them.
    with running([*server, *options], log=log, stop_signal=signal.SIGINT):
        wait_until(lambda: _answers(port), what="PostgreSQL answers")
        yield port


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    arguments = ["redis-server", *options, "--dir", str(folder)]
    with running(arguments, log=folder / "redis.log"):
        wait_until(lambda: listens(port), what="Redis listens")
        yield port


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgres://{_SUPERUSER}@127.0.0.1:{port}/{_SUPERUSER}").close()
    except psycopg.OperationalError:
        return False
    return True


def newest_binaries() -> Path:
    versions = sorted(_DEBIAN.glob("[0-9]*/bin/postgres"), key=_version)
    if not versions or shutil.which("redis-server") is None:
        raise Trouble("install Debian's packages postgresql and redis-server")
    return versions[-1].parent


def _version(binary: Path) -> int:
    found = re.search(r"\d+", binary.parts[-3])
    return int(found.group()) if found else 0
