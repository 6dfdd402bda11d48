import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from portal.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.integration.embedded.conftest import ServerAt
from tests.integration.embedded.processes import Starter, kill, postmaster_pids

# What the first start runs, one after the other, and by what each can be told.
STEPS = {"initdb": "/initdb", "the making of the database": "--single", "the start": "/pg_ctl"}


def serves(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(**server.connection_parameters()) as connection:  # type: ignore[arg-type]
        return connection.execute("SELECT current_database()").fetchone() == ("portal",)


def test_the_server_outlives_a_starter_that_is_killed(stopped: EmbeddedPostgres) -> None:
    starter = Starter(stopped)
    starter.begin()
    starter.await_running()
    starter.kill()
    assert stopped.is_running()
    assert serves(stopped)


def test_ctrl_c_in_the_starters_terminal_leaves_the_server_alone(stopped: EmbeddedPostgres) -> None:
    starter = Starter(stopped)
    starter.begin()
    starter.await_running()
    (before,) = postmaster_pids(stopped)
    assert os.getsid(before) != os.getsid(starter.process.pid)
    os.killpg(starter.process.pid, signal.SIGINT)
    starter.process.communicate()
    assert postmaster_pids(stopped) == [before]
    assert serves(stopped)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("victims", ["starter", "starter and children"])
def test_a_kill_amid_the_first_start_leaves_nothing_broken(
    server: EmbeddedPostgres, step: str, victims: str
) -> None:
    starter = Starter(server)
    starter.begin()
    starter.await_child(STEPS[step])
    doomed = starter.descendants() if victims == "starter and children" else []
    starter.kill()
    for pid in doomed:
        kill(pid)
    server.ensure_running()
    assert serves(server)
    assert len(postmaster_pids(server)) == 1
    assert not (server.data_dir / "postgres.initdb").exists()


def test_a_half_made_cluster_is_removed(server: EmbeddedPostgres) -> None:
    leftover = server.data_dir / "postgres.initdb" / "base"
    leftover.mkdir(parents=True)
    (leftover / "half").write_bytes(b"written")
    server.ensure_running()
    assert not leftover.parent.exists()
    assert serves(server)


def test_a_killed_server_is_started_anew_with_its_data(running: EmbeddedPostgres) -> None:
    with psycopg.connect(**running.connection_parameters()) as connection:  # type: ignore[arg-type]
        connection.execute("CREATE TABLE kept_over_a_crash AS SELECT 42 AS value")
    (pid,) = postmaster_pids(running)
    kill(pid)
    running.ensure_running()
    with psycopg.connect(**running.connection_parameters()) as connection:  # type: ignore[arg-type]
        assert connection.execute("SELECT value FROM kept_over_a_crash").fetchone() == (42,)


@pytest.mark.parametrize("whose", ["the server's owner", "init", "this process"])
def test_a_stale_pid_file_that_names_a_living_stranger_does_not_block(
    running: EmbeddedPostgres, whose: str
) -> None:
    stale = (running.data_dir / "postgres" / "postmaster.pid").read_text()
    running.stop()
    owner = (running.data_dir / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner) as stranger:
        pid = {"the server's owner": stranger.pid, "init": 1, "this process": os.getpid()}[whose]
        _leave_lock_files(running, stale.replace(stale.split("\n")[0], str(pid), 1), owner)
        assert not running.is_running()
        assert running.stop() is False
        running.ensure_running()
        assert serves(running)
        assert stranger.poll() is None
        stranger.kill()


def test_a_folder_moved_under_its_server_is_not_served_twice(
    folder: Path, server_at: ServerAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_at(folder / "here").ensure_running()
    monkeypatch.setattr("portal.embedded.postgres.server._PATIENCE", 0.3)
    (folder / "here").rename(folder / "there")
    try:
        with pytest.raises(EmbeddedPostgresError, match="was it moved"):
            EmbeddedPostgres(folder / "there").ensure_running()
    finally:
        (folder / "there").rename(folder / "here")


def test_a_data_folder_that_was_removed_is_made_anew(
    server: EmbeddedPostgres,
) -> None:
    server.ensure_running()
    server.stop()
    shutil.rmtree(server.data_dir)
    server.ensure_running()
    assert serves(server)


def _leave_lock_files(server: EmbeddedPostgres, text: str, owner: int) -> None:
    server.socket_dir().mkdir(mode=0o700, exist_ok=True)
    os.chown(server.socket_dir(), owner, -1)
    for path in (
        server.data_dir / "postgres" / "postmaster.pid",
        server.socket_dir() / ".s.PGSQL.5432.lock",
    ):
        path.write_text(text)
        os.chown(path, owner, -1)
