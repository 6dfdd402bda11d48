"""Embedded servers in temporary folders, stopped and removed whatever becomes of the test."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.embedded.postgres import EmbeddedPostgres

ServerAt = Callable[[Path], EmbeddedPostgres]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that any user may pass through; gone at the end."""
    made = Path(tempfile.mkdtemp(prefix="portal-test-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    """A running server that the module's tests share: they ask it, and leave it as it is."""
    with open_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        try:
            server.ensure_running()
            yield server
        finally:
            server.stop()


@pytest.fixture
def server_at(folder: Path) -> Iterator[ServerAt]:
    """Makes the embedded server of a data folder; stops it after the test."""
    made: list[EmbeddedPostgres] = []

    def server(data_dir: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data_dir))
        return made[-1]

    try:
        yield server
    finally:
        for each in made:
            each.stop()


@pytest.fixture
def server(folder: Path, server_at: ServerAt) -> EmbeddedPostgres:
    """A server that was never started."""
    return server_at(folder / "data")
