"""The processes of quickstart end in an order in which none misses another."""

import signal
from pathlib import Path

import pytest

from portal.quickstart import processes
from portal.quickstart.processes import Household
from tests.patience import until

# Ends some time after it was told to, as a worker does that waits for an answer.
PROCESS = """
import signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
time.sleep(float(sys.argv[1]))
print(time.monotonic(), flush=True)
"""


def test_the_first_process_ends_after_those_that_talk_to_it(tmp_path: Path) -> None:
    household = Household(tmp_path, {})
    operator = household.start("operator", ["-c", PROCESS, "0"])
    worker = household.start("worker", ["-c", PROCESS, "0.5"])
    until(lambda: all("up" in child.log.read_text() for child in (operator, worker)))

    household.stop()

    ends = [float(child.log.read_text().split()[1]) for child in (worker, operator)]
    assert ends == sorted(ends)
    assert operator.process.returncode == worker.process.returncode == 0


def test_a_process_that_does_not_heed_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    household = Household(tmp_path, {})
    deaf = household.start("deaf", ["-c", PROCESS, "60"])
    until(lambda: "up" in deaf.log.read_text())

    household.stop()

    assert deaf.process.returncode == -signal.SIGKILL
