"""Real workers killed and stopped at random, the broker wiped, the database restarted, and an
operator at fault, all at once: nobody is lost, sent to twice or called accepted falsely.

The long version is ``CRASH_ENVELOPES=10000 python -m tests.crash.storm FOLDER [--server]``, FOLDER
a new one; see ``tests/crash/storm/parameters.py`` for what else it is told. CRASH_SEED repeats a
run's blows.
"""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings

from tests.crash.processes import ROOT

MOST_SECONDS = 240


def test_a_storm_loses_nobody_and_sends_to_nobody_twice(tmp_path: Path) -> None:
    rage(str(tmp_path / "storm"))


@pytest.mark.server
@pytest.mark.skipif(settings.EMBEDDED, reason="DATABASE_URL is not set")
def test_a_storm_over_postgresql_and_redis_does_neither() -> None:
    # The user postgres may not look into pytest's own folders.
    rage(f"{os.environ['PORTAL_TEST_SERVICES']}/storm-{uuid.uuid4().hex}", "--server")


def rage(*arguments: str) -> None:
    command = [sys.executable, "-m", "tests.crash.storm", *arguments]

    storm = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
    )

    assert storm.returncode == 0, storm.stdout + storm.stderr
