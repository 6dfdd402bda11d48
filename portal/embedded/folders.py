"""Folders under the data folder, closed to other users of the machine."""

import os
import pwd
from pathlib import Path

UNPRIVILEGED_USER = "nobody"


def make_data_folder(data_dir: Path) -> Path:
    """Make the data folder where it is missing and return its absolute path.

    A folder that exists keeps its mode. A new one is closed to others, except that under root the
    user that the database server runs as may pass through it, and not list it.
    """
    home = data_dir.resolve()
    if not home.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(home, -1, pwd.getpwnam(UNPRIVILEGED_USER).pw_gid)
            home.chmod(0o710)
    return home


def make_private_folder(folder: Path) -> Path:
    """Make a folder of mode 700 (parents as the umask has them) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
