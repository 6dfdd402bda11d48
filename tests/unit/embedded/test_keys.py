import os
import stat
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest

from portal.embedded.keys import embedded_key


def own_key(data_dir: Path) -> str:
    return embedded_key(data_dir, "secret", lambda: f"made by {os.getpid()}")


def test_a_key_is_made_once(tmp_path: Path) -> None:
    made = count()
    keys = [embedded_key(tmp_path, "secret", lambda: f"key {next(made)}") for _ in range(3)]
    assert keys == ["key 0"] * 3


def test_keys_of_two_names_differ(tmp_path: Path) -> None:
    embedded_key(tmp_path, "secret", lambda: "one")
    assert embedded_key(tmp_path, "other", lambda: "two") == "two"


def test_only_its_owner_may_read_a_key(tmp_path: Path) -> None:
    embedded_key(tmp_path, "secret", lambda: "key")
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_data_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    assert embedded_key(tmp_path / "not" / "yet", "secret", lambda: "key") == "key"


def test_processes_that_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    with get_context("spawn").Pool(4) as pool:
        keys = pool.map(own_key, [tmp_path / str(number // 4) for number in range(40)], chunksize=1)
    for number in range(10):
        assert len(set(keys[4 * number : 4 * number + 4])) == 1
    assert sum(1 for _ in tmp_path.glob("*/keys/*")) == 10


def test_a_key_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        embedded_key(tmp_path, "secret", fail)
    assert list((tmp_path / "keys").iterdir()) == []
