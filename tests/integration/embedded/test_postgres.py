import os
import stat
import statistics
import time
from pathlib import Path

import psycopg
import pytest

from portal.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.integration.embedded.conftest import ServerAt
from tests.integration.embedded.processes import Starter, postmaster_pids


def ask(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(**server.connection_parameters()) as connection:  # type: ignore[arg-type]
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_the_first_start_makes_the_portals_database(server: EmbeddedPostgres) -> None:
    assert not server.is_running()
    server.ensure_running()
    assert server.is_running()
    assert ask(server, "SELECT current_database() || ' ' || current_user") == "portal portal"


def test_a_running_server_is_found_within_two_milliseconds(running: EmbeddedPostgres) -> None:
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        running.ensure_running()
        times.append(time.perf_counter() - begun)
    assert statistics.median(times) < 0.002


def test_stop_says_whether_there_was_a_server(running: EmbeddedPostgres) -> None:
    assert running.stop() is True
    assert not running.is_running()
    assert postmaster_pids(running) == []
    assert running.stop() is False


def test_what_is_committed_is_there_after_a_restart(running: EmbeddedPostgres) -> None:
    with psycopg.connect(**running.connection_parameters()) as connection:  # type: ignore[arg-type]
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    running.stop()
    running.ensure_running()
    assert ask(running, "SELECT value FROM kept") == 42


@pytest.mark.parametrize(
    "name",
    ["long" * 40, "кириллица, запятая", "a'b\"c$HOME`d\\e;f%g"],
    ids=["160 letters", "cyrillic and comma", "shell's own characters"],
)
def test_any_path_will_do(folder: Path, server_at: ServerAt, name: str) -> None:
    server = server_at(folder / name)
    server.ensure_running()
    assert ask(server, "SHOW data_directory") == str(folder.resolve() / name / "postgres")
    assert len(os.fsencode(server.socket_dir() / ".s.PGSQL.5432")) < 107


def test_a_relative_path_names_the_same_server(
    running: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(running.data_dir.parent)
    assert EmbeddedPostgres(Path("data")).is_running()


def test_two_data_folders_have_two_servers(
    server: EmbeddedPostgres, running: EmbeddedPostgres
) -> None:
    server.ensure_running()
    running.stop()
    assert ask(server, "SELECT 1") == 1


def test_six_processes_that_start_at_once_share_one_server(server: EmbeddedPostgres) -> None:
    starters = [Starter(server) for _ in range(6)]
    try:
        for starter in starters:
            starter.begin()
        for starter in starters:
            starter.await_running()
        assert len(postmaster_pids(server)) == 1
        assert ask(server, "SELECT 1") == 1
    finally:
        for starter in starters:
            starter.kill()


def test_many_workers_find_a_connection(running: EmbeddedPostgres) -> None:
    assert ask(running, "SELECT current_setting('max_connections')::int >= 200") is True


def test_nothing_listens_on_the_network(running: EmbeddedPostgres) -> None:
    assert ask(running, "SHOW listen_addresses") == ""


def test_everything_in_the_data_folder_is_closed_to_others(running: EmbeddedPostgres) -> None:
    paths = [running.socket_dir(), *running.data_dir.rglob("*")]
    assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert not stat.S_IMODE(running.data_dir.stat().st_mode) & 0o067


def test_the_callers_environment_reaches_neither_the_server_nor_its_locale(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "must-not-be-there")
    monkeypatch.setenv("LC_ALL", "C")
    server.ensure_running()
    assert ask(server, "SELECT lower('ПРИВЕТ, ЁЖ')") == "привет, ёж"
    (pid,) = postmaster_pids(server)
    assert b"must-not-be-there" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_values_of_failed_statements_are_not_in_the_servers_log(running: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(running, "SELECT 'x'::int, 'a private text'")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(running, "CREATE TABLE t (v text PRIMARY KEY); INSERT INTO t VALUES ('p'), ('p')")
    running.stop()
    log = b"".join(path.read_bytes() for path in running.data_dir.glob("postgres/log/*.log"))
    assert b"ERROR" in log
    assert b"private text" not in log
    assert b"(p)" not in log


def test_its_description_is_one_line(folder: Path, running: EmbeddedPostgres) -> None:
    assert "not made yet" in EmbeddedPostgres(folder / "data").describe()
    assert f"running, process {postmaster_pids(running)[0]}" in running.describe()
    running.stop()
    assert running.describe().count("\n") == 0
    assert "stopped" in running.describe()


def test_a_cluster_that_cannot_start_is_told_with_the_servers_words(
    server: EmbeddedPostgres,
) -> None:
    server.ensure_running()
    server.stop()
    (server.data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError) as told:
        server.ensure_running()
    assert told.value.advice
    assert "incompatible" in told.value.log_tail
    assert "incompatible" in str(told.value)


def test_a_data_folder_that_is_a_file_is_told_with_advice(folder: Path) -> None:
    (folder / "data").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="PORTAL_DATA_DIR"):
        EmbeddedPostgres(folder / "data").ensure_running()


def test_a_socket_folder_that_another_user_made_first_is_refused(
    folder: Path, server_at: ServerAt
) -> None:
    server = server_at(folder / "with spaces")
    server.socket_dir().symlink_to(folder)
    try:
        with pytest.raises(EmbeddedPostgresError, match="belongs to another user"):
            server.ensure_running()
        assert list(folder.iterdir()) == [folder / "with spaces"]
    finally:
        server.socket_dir().unlink()
