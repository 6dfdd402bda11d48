"""The sandbox operator in a process that survives the storm; it counts the faults it draws.

Usage: ``python -m tests.crash.storm.operator_process FOLDER LATENCY_MS SEED``. Prints its port;
leaves ``letters.jsonl`` and, when it is told to stop, ``faults.json`` in the folder.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path

from portal.embedded import sandbox_faults
from portal.embedded.sandbox import SandboxOperator
from tests.crash.storm.parameters import FAULTS

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def serve(folder: Path, latency_ms: int, seed: int) -> None:
    drawn: Counter[str] = Counter()
    draw = sandbox_faults.FaultDice.draw

    def counted(dice: sandbox_faults.FaultDice) -> sandbox_faults.Fault | None:
        fault = draw(dice)
        if fault is not None:
            drawn[fault.value] += 1
        return fault

    sandbox_faults.FaultDice.draw = counted  # type: ignore[method-assign, assignment]
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    operator = SandboxOperator(
        folder / "accounts.json",
        folder / "letters.jsonl",
        latency_ms=latency_ms,
        faults=FAULTS,
        seed=seed,
        durable=False,
    )
    with operator:
        sys.stdout.write(f"{operator.port}\n")
        sys.stdout.flush()
        signal.sigwait(STOP_SIGNALS)
    (folder / "faults.json").write_text(json.dumps(drawn))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
