"""Real workers killed and stopped at random, the broker wiped, the database restarted, and an
operator at fault, all at once: nobody is lost, sent to twice or called accepted falsely.

The long version is ``CRASH_ENVELOPES=10000 python -m tests.crash.storm FOLDER``, FOLDER a new one;
see ``tests/crash/storm/parameters.py`` for what else it is told. CRASH_SEED repeats a run's blows.
"""

import subprocess
import sys
from pathlib import Path

from tests.crash.processes import ROOT

MOST_SECONDS = 240


def test_a_storm_loses_nobody_and_sends_to_nobody_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash.storm", str(tmp_path / "storm")]

    storm = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
    )

    assert storm.returncode == 0, storm.stdout + storm.stderr
