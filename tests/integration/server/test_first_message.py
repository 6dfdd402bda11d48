"""Server mode as an administrator sees it: processes that share PostgreSQL and a broker alone."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from portal.embedded.sandbox import SandboxAccount, read_letters, write_accounts
from sms.secret import Secret
from tests.machines.brokers import Broker

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "canary-server"
MAILBOX = "email2sms@example.org"
ORGANISATION = ("--organisation", "ООО Ромашка")

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(settings.EMBEDDED, reason="DATABASE_URL is not set"),
]

Environment = dict[str, str]
Run = Callable[..., str]


@pytest.fixture(params=Broker)
def broker_url(request: pytest.FixtureRequest) -> str:
    broker: Broker = request.param
    if broker.url is None:
        pytest.skip(f"{broker} is not running")
    return broker.url


@pytest.fixture
def environment(tmp_path: Path, broker_url: str) -> Iterator[Environment]:
    """What server mode is told, with a new database on the same server."""
    url, name = os.environ["DATABASE_URL"], f"portal_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {
                "PATH": os.environ["PATH"],
                "DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl(),
                "CELERY_BROKER_URL": broker_url,
                "PORTAL_SECRET_KEY": os.environ["PORTAL_SECRET_KEY"],
                "PORTAL_ENCRYPTION_KEYS": os.environ["PORTAL_ENCRYPTION_KEYS"],
                "PORTAL_DATA_DIR": str(tmp_path / "data"),
                "PYTHONUNBUFFERED": "1",
            }
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def run(environment: Environment) -> Run:
    """What manage.py printed; it must end well."""

    def manage(*arguments: object) -> str:
        ended = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    manage("migrate", "--verbosity", 0)
    return manage


@contextmanager
def process(environment: Environment, log: Path, *arguments: str) -> Iterator[Path]:
    """``python ARGUMENTS…`` while the block runs, its output in ``log``; it must end well."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield log
        finally:
            started.terminate()
            try:
                ended = started.wait(timeout=30)
            except subprocess.TimeoutExpired:
                started.kill()
                raise
    assert ended == 0, log.read_text()


@contextmanager
def sandbox(environment: Environment) -> Iterator[int]:
    """The sandbox operator's port, with an account of this test's."""
    accounts = Path(environment["PORTAL_DATA_DIR"]) / "sandbox" / "accounts.json"
    write_accounts(
        accounts, [SandboxAccount("acme", Secret(PASSWORD), frozenset({"ACME"}), MAILBOX)]
    )
    arguments = [sys.executable, str(ROOT / "manage.py"), "sandbox_operator", "--port", "0"]
    with subprocess.Popen(
        arguments,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as operator:
        assert operator.stdout is not None
        yield int(operator.stdout.readline().rpartition(":")[2])
        operator.terminate()


def set_up(run: Run, port: int, password_file: Path) -> None:
    password_file.write_text(f"{PASSWORD}\n")
    run("create_administrator", "root@example.com")
    run("create_organisation", "ООО Ромашка", "--manager", "anna@example.com")
    run(
        *("set_gateway", *ORGANISATION, "--host", "127.0.0.1", "--port", port),
        *("--security", "none", "--mailbox", MAILBOX, "--sms-user", "acme"),
        *("--password-file", password_file),
    )
    run("approve_sender", *ORGANISATION, "--by", "root@example.com", "ACME")
    run("top_up", *ORGANISATION, "--by", "root@example.com", "100")


def test_a_message_rung_through_the_broker_reaches_the_operator(
    environment: Environment, run: Run, tmp_path: Path
) -> None:
    worker = ("-m", "celery", "-A", "portal", "worker", "--concurrency", "2")
    with (
        sandbox(environment) as port,
        process(environment, tmp_path / "worker.log", *worker) as log,
    ):
        set_up(run, port, tmp_path / "password")
        message_id = run(
            *("send_message", "--as", "anna@example.com", "--sender", "ACME"),
            *("--to", "8 (921) 000-00-00", "--text", "Привет, мир!"),
        )
        status = json.loads(run("message_status", message_id, "--wait", 30, "--json"))
    assert status["counts"] == {"accepted": 1}
    letters = read_letters(tmp_path / "data" / "sandbox" / "letters.jsonl")
    assert [(letter.numbers, letter.text) for letter in letters] == [
        (("79210000000",), "Привет, мир!")
    ]
    assert PASSWORD not in log.read_text()
    assert not (tmp_path / "data" / "postgres").exists()
