"""The commands as scripts run them: processes of their own, nothing set but the data folder."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.core.keys import new_encryption_key
from portal.embedded.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[3]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def data_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-doors-") as folder:
        Path(folder).chmod(0o711)
        try:
            yield Path(folder) / "data"
        finally:
            EmbeddedPostgres(Path(folder) / "data").stop()


@pytest.fixture(scope="module")
def run(data_folder: Path) -> Run:
    """Run manage.py and see how it ended; the database is migrated."""
    environment = {"PATH": os.environ["PATH"], "PORTAL_DATA_DIR": str(data_folder)}

    def manage(*arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, env=environment, cwd="/", encoding="utf-8", check=False
        )

    migrated = manage("migrate", "--verbosity", 0)
    assert migrated.returncode == 0, migrated.stderr
    return manage


def done(ended: "subprocess.CompletedProcess[str]") -> str:
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_from_nothing_to_a_queued_message(run: Run, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("canary-e2e\n")
    organisation = ("--organisation", "ООО Ромашка")
    by = ("--by", "root@example.com")
    gateway = ("--host", "127.0.0.1", "--port", 2525, "--security", "none", "--sms-user", "acme")

    assert done(run("create_administrator", "root@example.com"))
    assert done(run("create_organisation", "ООО Ромашка", "--manager", "anna@example.com"))
    done(
        run(
            *("set_gateway", *organisation, *gateway, "--mailbox", "sms@example.org"),
            *("--password-file", password),
        )
    )
    assert done(run("approve_sender", *organisation, *by, "ACME")) == "ACME"
    assert done(run("top_up", *organisation, *by, "100")) == "100.00"
    message_id = done(
        run(
            *("send_message", "--as", "anna@example.com", "--sender", "ACME"),
            *("--to", "8 (921) 000-00-00", "--text", "Привет"),
        )
    )
    status = run("message_status", message_id, "--json", "--wait", 0)
    assert status.returncode == 3
    assert json.loads(status.stdout)["counts"] == {"queued": 1}
    assert done(run("verify_audit")).startswith("ok: 2 chains, ")


def test_a_refusal_is_exit_code_1_and_a_reason_on_stderr(run: Run) -> None:
    ended = run("top_up", "--organisation", "ООО Лютик", "--by", "root@example.com", "5")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "ООО Лютик" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wrong_usage_is_exit_code_2(run: Run) -> None:
    ended = run("message_status", "one")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "usage:" in ended.stderr


def test_the_database_stops_and_starts_again_by_itself(run: Run, data_folder: Path) -> None:
    assert "stopped" in done(run("embedded_database", "stop"))
    assert not EmbeddedPostgres(data_folder).is_running()

    assert done(run("verify_audit")).startswith("ok: ")
    assert "running" in done(run("embedded_database", "status"))
    assert "stopped" in done(run("embedded_database", "stop"))
    assert "running" in done(run("embedded_database", "start"))


def test_a_database_out_of_reach_is_exit_code_1_without_its_password() -> None:
    server_mode = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://portal:canary-db@127.0.0.1:1/portal",
        "CELERY_BROKER_URL": "redis://127.0.0.1:1",
        "PORTAL_SECRET_KEY": "x",
        "PORTAL_ENCRYPTION_KEYS": new_encryption_key(),
    }

    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "verify_audit"],
        capture_output=True,
        env=server_mode,
        encoding="utf-8",
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "refused" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "canary-db" not in ended.stderr
