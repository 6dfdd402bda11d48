"""Making the database cluster, so that it is there whole or not at all."""

import os
import shutil

from portal.embedded.postgres.files import ServerFiles
from portal.embedded.postgres.launcher import Launcher

SUPERUSER = "portal"
DATABASE = "portal"


def cluster_exists(files: ServerFiles) -> bool:
    return (files.cluster / "PG_VERSION").exists()


def create_cluster(files: ServerFiles, launcher: Launcher, *, start_lock: int) -> None:
    """Make the cluster with the portal's database in it, under another name until it is whole.

    The caller holds the start lock; initdb holds it on if the caller dies, so what is found under
    the other name belongs to nobody. Raises EmbeddedPostgresError.
    """
    unfinished = files.unfinished_cluster
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    os.chown(unfinished, files.owner, -1)
    launcher.run(
        "initdb",
        f"--username={SUPERUSER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        # The operating system's C locale folds ASCII letters only.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        cluster=unfinished,
        keep_open=start_lock,
    )
    launcher.run(
        "postgres",
        *("--single", "-j", "-c", "exit_on_error=true", "postgres"),
        cluster=unfinished,
        keep_open=start_lock,
        stdin=f"CREATE DATABASE {DATABASE}".encode(),
    )
    unfinished.rename(files.cluster)
    _sync_folder(files)


def _sync_folder(files: ServerFiles) -> None:
    descriptor = os.open(files.home, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
