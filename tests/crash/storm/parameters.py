"""How big a storm is; from the environment, so that the long one needs no other command."""

import os
import random
from dataclasses import dataclass
from typing import Self

# Every e-mail in so many meets the fault; what it does is told in `sandbox_operator --help`.
FAULTS = {
    "close-mid-data": 0.01,
    "close-after-dot": 0.01,
    "hang-after-dot": 0.01,
    "421": 0.01,
    "421-mail": 0.01,
    "451": 0.02,
    "554": 0.02,
    "greylist": 0.01,
    "slow-reply": 0.01,
}
# With these the operator may have taken an e-mail, or have got its dot, and said nothing.
UNANSWERED = ("close-mid-data", "close-after-dot", "hang-after-dot")

LEASE_SECONDS = 3
DOT_TIMEOUT_SECONDS = 4
# Connections of one worker process at most; and of one account.
SESSIONS = 8


@dataclass(frozen=True)
class Parameters:
    """``gust_seconds``: how long it is calm between two blows, on average; after ``blows`` of them
    it stays so. ``patience_seconds``: how long everything may take to be settled."""

    envelopes: int
    seed: int
    latency_ms: int
    workers: int
    gust_seconds: float
    blows: int
    patience_seconds: int

    @classmethod
    def from_environment(cls) -> Self:
        envelopes = _number("CRASH_ENVELOPES", 600)
        return cls(
            envelopes=envelopes,
            seed=_number("CRASH_SEED", random.randrange(10**6)),
            latency_ms=_number("CRASH_LATENCY_MS", 20),
            workers=_number("CRASH_WORKERS", 2),
            gust_seconds=_number("CRASH_GUST_MS", 400) / 1000,
            blows=_number("CRASH_BLOWS", envelopes // 20),
            patience_seconds=_number("CRASH_PATIENCE_SECONDS", 90 + envelopes // 10),
        )


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))
