"""Start, find and stop the embedded PostgreSQL server of a data folder."""

import os
import shlex
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from portal.embedded.file_lock import locked, locked_if_free
from portal.embedded.folders import make_data_folder
from portal.embedded.postgres.cluster import (
    DATABASE,
    SUPERUSER,
    cluster_exists,
    create_cluster,
)
from portal.embedded.postgres.errors import EmbeddedPostgresError
from portal.embedded.postgres.files import PORT, ServerFiles
from portal.embedded.postgres.launcher import Launcher, launcher_for, log_tail
from portal.embedded.postgres.postmaster import find_postmaster

_PATIENCE = 120.0
_POLL = 0.02
_MAX_CONNECTIONS = 200


@dataclass(frozen=True)
class EmbeddedPostgres:
    """The server whose cluster lives in `data_dir`/postgres; it listens on a Unix socket only.

    It outlives the process that started it: others may be using it. `stop` is explicit.
    """

    data_dir: Path

    def socket_dir(self) -> Path:
        """The private folder of the socket: the same for every process, and short enough."""
        return self._files.socket_folder

    def connection_parameters(self) -> dict[str, str]:
        """libpq's host, port, user and dbname; starts nothing."""
        return {
            "host": str(self.socket_dir()),
            "port": PORT,
            "user": SUPERUSER,
            "dbname": DATABASE,
        }

    def is_running(self) -> bool:
        """Whether the server accepts connections."""
        postmaster = find_postmaster(self._files)
        return postmaster is not None and postmaster.ready

    def ensure_running(self) -> None:
        """Return with the server accepting connections; make and start it where needed.

        Safe from any number of processes at once. Raises EmbeddedPostgresError.
        """
        if self.is_running():
            return
        try:
            make_data_folder(self.data_dir)
            self._start_or_wait()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The embedded database cannot use {self.data_dir}: {error}.",
                advice="Set PORTAL_DATA_DIR to a folder that this user may write to.",
            ) from error

    def stop(self) -> bool:
        """Stop the server and wait until it is gone; False if there was none.

        Open connections are cut, what is committed stays. Raises EmbeddedPostgresError.
        """
        files = self._files
        if find_postmaster(files) is None:
            return False
        with locked(files.start_lock, owner=files.owner):
            postmaster = find_postmaster(files)
            if postmaster is None:
                return False
            os.kill(postmaster.pid, signal.SIGINT)
            self._wait_until_gone()
            shutil.rmtree(files.socket_folder, ignore_errors=True)
        return True

    def describe(self) -> str:
        """One line for a person: version, folder, state, socket."""
        files = self._files
        if not cluster_exists(files):
            return f"Embedded PostgreSQL in {files.cluster}: not made yet"
        version = (files.cluster / "PG_VERSION").read_text().strip()
        postmaster = find_postmaster(files)
        state = f"running, process {postmaster.pid}" if postmaster else "stopped"
        return (
            f"Embedded PostgreSQL {version} in {files.cluster}: {state}, socket {self.socket_dir()}"
        )

    @property
    def _files(self) -> ServerFiles:
        return ServerFiles(self.data_dir.resolve())

    def _start_or_wait(self) -> None:
        files = self._files
        deadline = time.monotonic() + _PATIENCE
        with locked(files.start_lock, owner=files.owner) as start_lock:
            # A server that is starting, stopping or mourning its parent holds its own lock.
            while not self.is_running():
                with locked_if_free(files.server_lock, owner=files.owner) as server_lock:
                    if server_lock is not None:
                        _start(files, start_lock=start_lock, server_lock=server_lock)
                        return
                self._pause(deadline, "is held by a server that does not answer")

    def _wait_until_gone(self) -> None:
        files = self._files
        deadline = time.monotonic() + _PATIENCE
        while True:
            with locked_if_free(files.server_lock) as server_lock:
                if server_lock is not None:
                    return
            self._pause(deadline, "is held by a server that does not stop")

    def _pause(self, deadline: float, complaint: str) -> None:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"{self._files.server_lock} {complaint}.",
                advice="Is the data folder in use by another container, or was it moved?",
                log_tail=log_tail(self._files),
            )
        time.sleep(_POLL)


def _start(files: ServerFiles, *, start_lock: int, server_lock: int) -> None:
    files.start_log.unlink(missing_ok=True)
    launcher = launcher_for(files)
    if not cluster_exists(files):
        create_cluster(files, launcher, start_lock=start_lock)
        files.start_log.unlink(missing_ok=True)
    _clear_socket_folder(files)
    # Its number may be a living stranger's by now, and PostgreSQL would not start beside that.
    files.pid_file.unlink(missing_ok=True)
    _launch(files, launcher, server_lock=server_lock)


def _launch(files: ServerFiles, launcher: Launcher, *, server_lock: int) -> None:
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": str(_MAX_CONNECTIONS),
        # A week of logs in the cluster's own `log` folder, each day's overwritten the next week.
        "logging_collector": "on",
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_size": "0",
        # Values in failed statements are people's texts and numbers: none of a log's business.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    options = ["-p", PORT, "-k", str(files.socket_folder)]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    launcher.run(
        "pg_ctl",
        *(
            "start",
            "--wait",
            f"--timeout={_PATIENCE:.0f}",
            "--options",
            shlex.join(options),
        ),
        cluster=files.cluster,
        keep_open=server_lock,
    )


def _clear_socket_folder(files: ServerFiles) -> None:
    folder = files.socket_folder
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if (
        not folder.is_dir()
        or folder.is_symlink()
        or found.st_uid not in (files.owner, os.geteuid())
    ):
        raise EmbeddedPostgresError(
            f"{folder} belongs to another user.",
            advice="Remove it, or choose a PORTAL_DATA_DIR with a short path of plain letters.",
        )
    os.chown(folder, files.owner, -1, follow_symlinks=False)
    folder.chmod(0o700)
    for leftover in folder.iterdir():
        leftover.unlink()
