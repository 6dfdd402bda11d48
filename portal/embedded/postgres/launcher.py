"""Running PostgreSQL's programs as a user that may run them."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from portal.embedded.postgres.errors import EmbeddedPostgresError
from portal.embedded.postgres.files import ServerFiles, server_binaries

_LOG_TAIL = 2000
# Enough for the programs, and nothing of the caller's secrets: the server's environment lives long.
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH")
# The first is enough to walk through closed folders; the second also runs closed programs, and is
# the only one of the two that containers usually have.
_WALKING_CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class Launcher:
    """Runs the programs in `binaries` behind `prefix`, which drops root where there is root."""

    files: ServerFiles
    binaries: Path
    prefix: tuple[str, ...]

    def run(
        self,
        program: str,
        *arguments: str,
        cluster: Path,
        keep_open: int,
        stdin: bytes = b"",
    ) -> None:
        """Run to the end, with output to the start log and PGDATA set to `cluster`.

        `keep_open` is a lock's descriptor that the program and its children hold on to.
        Raises EmbeddedPostgresError, with the log's tail, when the program fails.
        """
        command = [*self.prefix, str(self.binaries / program), *arguments]
        with _open_private(self.files.start_log) as log:
            finished = subprocess.run(  # noqa: S603
                command,
                input=stdin,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment() | {"PGDATA": str(cluster)},
                pass_fds=(keep_open,),
                start_new_session=True,
                check=False,
            )
        if finished.returncode:
            raise self.failure(f"PostgreSQL's {program} ended with {finished.returncode}.")

    def failure(self, reason: str) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            reason,
            advice=f"Look for a full disk or wrong owners under {self.files.home}.",
            log_tail=log_tail(self.files),
        )


def launcher_for(files: ServerFiles) -> Launcher:
    """The launcher with the least rights that reaches the programs and the data folder."""
    binaries = server_binaries()
    for prefix in _prefixes(files.owner):
        if _reaches(prefix, binaries, files.home):
            return Launcher(files, binaries, prefix)
    raise EmbeddedPostgresError(
        f"{pwd.getpwuid(files.owner).pw_name} cannot reach {binaries} and {files.home}.",
        advice="Keep both in folders open to that user, or work as an ordinary user.",
    )


def log_tail(files: ServerFiles) -> str:
    """The end of what the server said last, before and after it opened its own log."""
    written = sorted(
        (files.cluster / "log").glob("*.log"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    texts = [
        path.read_bytes().decode("utf-8", "replace")
        for path in (files.start_log, *written[:1])
        if path.exists()
    ]
    return "\n".join(text.strip()[-_LOG_TAIL:] for text in texts if text.strip())


def _prefixes(owner: int) -> Iterator[tuple[str, ...]]:
    if os.geteuid() != 0:
        yield ()
        return
    group = pwd.getpwuid(owner).pw_gid
    drop = ("setpriv", f"--reuid={owner}", f"--regid={group}", "--clear-groups", "--no-new-privs")
    yield drop
    for capability in _WALKING_CAPABILITIES:
        # PostgreSQL asks access(2) about its own programs, which else heeds no capabilities.
        yield (
            *drop,
            "--securebits=+no_setuid_fixup",
            f"--inh-caps=+{capability}",
            f"--ambient-caps=+{capability}",
        )


def _reaches(prefix: tuple[str, ...], binaries: Path, home: Path) -> bool:
    # pg_config looks for its own installation in the way that initdb and pg_ctl do.
    attempt = 'cd "$1" && "$2/postgres" --version && "$2/pg_config" --bindir'
    command = [*prefix, "sh", "-c", attempt, "sh", str(home), str(binaries)]
    try:
        finished = subprocess.run(  # noqa: S603
            command, capture_output=True, cwd="/", env=_environment(), check=False
        )
    except FileNotFoundError as error:
        raise EmbeddedPostgresError(
            "The program setpriv is not found.",
            advice="Install util-linux, or work as an ordinary user instead of root.",
        ) from error
    return finished.returncode == 0


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
