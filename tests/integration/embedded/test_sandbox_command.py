"""The sandbox operator as scripts run it: a process of its own, without any database."""

import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.embedded.sandbox import read_letters, write_accounts
from tests.integration.embedded.test_sandbox import ACCOUNT, PASSWORD, hand_over

ROOT = Path(__file__).resolve().parents[3]


def start(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "sandbox_operator", *arguments],
        env={"PATH": os.environ["PATH"], "PORTAL_DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with start(tmp_path / "data", "--port", "0", "--fault", "451=0") as started:
        yield started
        started.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(
    process: "subprocess.Popen[str]", tmp_path: Path, ending: signal.Signals
) -> None:
    assert process.stdout is not None
    address, _, port = process.stdout.readline().strip().rpartition(":")
    assert address == "listening on 127.0.0.1"
    with smtplib.SMTP("127.0.0.1", int(port), local_hostname="portal", timeout=5) as client:
        accounts = tmp_path / "data" / "sandbox" / "accounts.json"
        write_accounts(accounts, [])
        assert hand_over(client) == (550, "no such mailbox")
        write_accounts(accounts, [ACCOUNT])
        assert hand_over(client)[0] == 250
    process.send_signal(ending)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")
    assert err == "ACME, recipients: 2, Привет, мир!\n"
    assert PASSWORD not in err
    assert len(read_letters(tmp_path / "data" / "sandbox" / "letters.jsonl")) == 1
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_port_that_is_taken_is_exit_code_1(
    process: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert process.stdout is not None
    port = process.stdout.readline().strip().rpartition(":")[2]
    with start(tmp_path / "data", "--port", port) as second:
        out, err = second.communicate(timeout=20)
    assert (second.returncode, out) == (1, "")
    assert "in use" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [("--fault", "nonsense=1"), ("--fault", "451"), ("--port", "65536"), ("--latency-ms", "-1")],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with start(tmp_path / "data", *arguments) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert "usage:" in err
    assert "close-mid-data" in err or "--fault" not in arguments
