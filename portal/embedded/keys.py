"""Secrets of the embedded mode, made once and kept in files under the data folder."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from portal.embedded.folders import make_data_folder, make_private_folder


def embedded_key(data_dir: Path, name: str, make: Callable[[], str]) -> str:
    """The key called `name`, from `data_dir`/keys; made by `make` where it does not exist yet.

    Processes that ask at once all get the same key. The file has mode 600 and is never half
    written. Raises OSError when it cannot be read or made.
    """
    folder = make_private_folder(make_data_folder(data_dir) / "keys")
    path = folder / name
    if not path.exists():
        _write_unless_there(path, make())
    return path.read_text().strip()


def _write_unless_there(path: Path, key: str) -> None:
    descriptor, written = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(written)
    except FileExistsError:
        # Another process was first; its key counts.
        return
    finally:
        Path(written).unlink()
