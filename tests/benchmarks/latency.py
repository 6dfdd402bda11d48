"""Growth with the number of sessions where the operator is 50 ms away."""

import smtplib
import time
from statistics import median

from tests.benchmarks.bench import SINGLE, Bench, say
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.ours import WORKERS, embedded_portal
from tests.benchmarks.proxy import proxied
from tests.benchmarks.raw import raw_rate
from tests.benchmarks.sinks import sink

ROUND_TRIP_MS = 50
RAW2 = f"raw2 at {ROUND_TRIP_MS} ms"
_ASKED = 20


def latency(bench: Bench) -> list[Row]:
    rounds, plan = Rounds(), bench.plan
    with (
        bench.folder() as folder,
        sink(folder) as operator,
        proxied(folder, operator.port, round_trip_ms=ROUND_TRIP_MS) as port,
        embedded_portal(folder) as portal,
    ):
        added = 1000 * (_round_trip(port) - _round_trip(operator.port))
        portal.organisation_add(SINGLE, port=port, numbers_per_email=1)
        for number in range(plan.slow_rounds):
            seconds = 2 * plan.raw_seconds
            rounds.add(RAW2, raw_rate(folder, port, processes=2, seconds=seconds))
            for sessions in plan.slow_sessions:
                say(f"{ROUND_TRIP_MS} ms, {sessions} sessions, round {number + 1}")
                connections = sessions * WORKERS
                portal.gateway_change(SINGLE, connections=connections)
                e_mails = int(connections * plan.slow_seconds * 1000 / ROUND_TRIP_MS)
                with portal.workers(sessions=sessions):
                    rounds.add(
                        _name(sessions), deliver(portal, operator, SINGLE, e_mails).flow.rate
                    )
    return [_delay(added), *_rows(rounds, plan.slow_sessions)]


def _round_trip(port: int) -> float:
    """Seconds that an answer takes."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as client:
        taken = []
        for _ in range(_ASKED):
            begun = time.monotonic()
            client.noop()
            taken.append(time.monotonic() - begun)
    return median(taken)


def _delay(added: float) -> Row:
    return Row(f"what the proxy of {ROUND_TRIP_MS} ms adds to an answer", added, " ms")


def _name(sessions: int) -> str:
    return f"ours at {ROUND_TRIP_MS} ms, 2 workers of {sessions} sessions"


def _rows(rounds: Rounds, sessions: tuple[int, ...]) -> list[Row]:
    fewest, most = sessions[0], sessions[-1]
    return [
        rounds.row(RAW2),
        *(rounds.row(_name(number)) for number in sessions),
        rounds.against(
            _name(most),
            _name(fewest),
            what=f"growth at {ROUND_TRIP_MS} ms from {fewest} to {most} sessions a worker",
            target=Target(6, 8),
        ),
    ]
