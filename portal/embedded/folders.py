"""Folders under the data folder, closed to other users of the machine."""

import os
from pathlib import Path


def make_data_folder(data_dir: Path) -> Path:
    """Make the data folder where it is missing and return its absolute path.

    A folder that exists keeps its mode. A new one is closed to others, except that under root it
    may be passed through (never listed): the database server runs there as another user.
    """
    home = data_dir.resolve()
    if not home.exists():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return home


def make_private_folder(folder: Path) -> Path:
    """Make a folder of mode 700 (parents as the umask has them) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
