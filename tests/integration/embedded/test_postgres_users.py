"""Root, the unprivileged user that root's server runs as, and ordinary users."""

import os
import pwd
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from portal.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError
from portal.embedded.postgres.files import server_binaries
from tests.integration.embedded.conftest import ServerAt
from tests.integration.embedded.processes import as_user, postmaster_pids

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become other users")

ORDINARY = pwd.getpwnam("daemon")
OTHER = pwd.getpwnam("games")
UNPRIVILEGED = pwd.getpwnam("nobody")
# Bit numbers of linux/capability.h.
DAC_OVERRIDE = 1 << 1
DAC_READ_SEARCH = 1 << 2


def owner_of_process(server: EmbeddedPostgres) -> int:
    (pid,) = postmaster_pids(server)
    return Path(f"/proc/{pid}").stat().st_uid


def capabilities(server: EmbeddedPostgres) -> int:
    (pid,) = postmaster_pids(server)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))


def serves(server: EmbeddedPostgres) -> bool:
    with psycopg.connect(**server.connection_parameters()) as connection:  # type: ignore[arg-type]
        return connection.execute("SELECT 1").fetchone() == (1,)


def closed_folder(folder: Path) -> Path:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    return closed


def use_binaries_under(closed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that ships the binaries, first on the path."""
    source = server_binaries().parent
    package = closed / source.parent.name
    shutil.copytree(source, package / source.name, symlinks=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(source.parent.parent / libraries, closed / libraries)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(closed))
    assert server_binaries().is_relative_to(closed)
    return package


@pytest.fixture
def ordinary_data(folder: Path) -> Path:
    data = folder / "ordinary"
    data.mkdir(mode=0o700)
    os.chown(data, ORDINARY.pw_uid, ORDINARY.pw_gid)
    return data


def test_roots_server_runs_as_an_unprivileged_user_without_capabilities(
    running: EmbeddedPostgres,
) -> None:
    assert owner_of_process(running) == UNPRIVILEGED.pw_uid
    assert capabilities(running) == 0
    assert serves(running)


def test_a_data_folder_behind_a_closed_one_is_reached_without_opening_it(
    folder: Path, server_at: ServerAt
) -> None:
    closed = closed_folder(folder)
    server = server_at(closed / "data with space")
    server.ensure_running()
    assert serves(server)
    assert owner_of_process(server) == UNPRIVILEGED.pw_uid
    assert capabilities(server) == DAC_READ_SEARCH
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert server.stop()
    server.ensure_running()
    assert serves(server)


def test_a_data_folder_of_mode_700_is_reached_as_it_is(folder: Path, server_at: ServerAt) -> None:
    server = server_at(closed_folder(folder))
    server.ensure_running()
    assert serves(server)
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700


def test_binaries_behind_a_closed_folder_are_reached_without_opening_it(
    folder: Path, server_at: ServerAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = closed_folder(folder)
    use_binaries_under(closed, monkeypatch)
    server = server_at(folder / "data")
    server.ensure_running()
    assert serves(server)
    assert capabilities(server) == DAC_READ_SEARCH
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_binaries_that_only_root_may_run_are_run(
    folder: Path, server_at: ServerAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = closed_folder(folder)
    use_binaries_under(closed, monkeypatch)
    for path in closed.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    server = server_at(folder / "data")
    server.ensure_running()
    assert serves(server)
    assert owner_of_process(server) == UNPRIVILEGED.pw_uid
    assert capabilities(server) == DAC_OVERRIDE


def test_without_setpriv_the_advice_names_it(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EmbeddedPostgresError, match="util-linux"):
        server.ensure_running()


def test_an_ordinary_user_has_a_server_of_his_own_beside_roots(
    ordinary_data: Path, server_at: ServerAt, running: EmbeddedPostgres
) -> None:
    server = server_at(ordinary_data)
    assert as_user(ORDINARY.pw_uid, ORDINARY.pw_gid, server.ensure_running) == 0
    assert owner_of_process(server) == ORDINARY.pw_uid
    assert as_user(ORDINARY.pw_uid, ORDINARY.pw_gid, lambda: serves(server)) == 0
    owners = {path.stat().st_uid for path in ordinary_data.rglob("*")}
    assert owners == {ORDINARY.pw_uid}
    assert owner_of_process(running) == UNPRIVILEGED.pw_uid
    assert serves(running)


def test_another_user_cannot_connect(running: EmbeddedPostgres) -> None:
    assert as_user(OTHER.pw_uid, OTHER.pw_gid, lambda: serves(running)) == 1


def test_another_user_is_told_that_the_folder_is_not_his(
    ordinary_data: Path, server_at: ServerAt
) -> None:
    server = server_at(ordinary_data)

    def refused() -> None:
        with pytest.raises(EmbeddedPostgresError, match="PORTAL_DATA_DIR"):
            server.ensure_running()

    assert as_user(OTHER.pw_uid, OTHER.pw_gid, refused) == 0


def test_root_works_with_the_server_of_the_folders_owner(
    ordinary_data: Path, server_at: ServerAt
) -> None:
    server = server_at(ordinary_data)
    server.ensure_running()
    assert owner_of_process(server) == ORDINARY.pw_uid
    assert as_user(ORDINARY.pw_uid, ORDINARY.pw_gid, lambda: serves(server)) == 0
    assert as_user(ORDINARY.pw_uid, ORDINARY.pw_gid, server.stop) == 0
    assert as_user(ORDINARY.pw_uid, ORDINARY.pw_gid, server.ensure_running) == 0
    assert serves(server)
