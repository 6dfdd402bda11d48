"""The child processes of quickstart: started together, stopped together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# A worker ends the envelopes in its hands before it leaves.
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Child:
    """One process; ``log`` is where its output goes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Household:
    """Starts children and sees them off, whichever way the parent goes."""

    def __init__(self, log_folder: Path, environment: Mapping[str, str]) -> None:
        self.children: list[Child] = []
        self._log_folder = log_folder
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}

    def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Run ``python ARGUMENTS…``, its output into a log of the name."""
        log = self._log_folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                [sys.executable, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C reaches the parent alone, which then stops the children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def ended(self) -> Child | None:
        """A child that is gone although nobody stopped it."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def stop(self) -> None:
        """End the children in order; by force, what does not end within its time. The first one,
        which the others talk to, goes last."""
        _end(self.children[1:])
        _end(self.children[:1])
        self.children.clear()


def _end(children: Sequence[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
    give_up = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.process.wait(timeout=max(0.1, give_up - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def _end_with_parent() -> None:
    """Between fork and exec: a parent killed outright leaves no orphans."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
