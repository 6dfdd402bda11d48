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


@pytest.fixture(scope="session")
def shared() -> Iterator[EmbeddedPostgres]:
    """A server that many tests start, stop and kill, for making one takes seconds."""
    with open_folder() as folder:
        server = EmbeddedPostgres(folder / "data")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def running(shared: EmbeddedPostgres) -> EmbeddedPostgres:
    """The shared server, running."""
    shared.ensure_running()
    return shared


@pytest.fixture
def stopped(running: EmbeddedPostgres) -> EmbeddedPostgres:
    """The shared server, with a cluster, not running."""
    running.stop()
    return running


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
