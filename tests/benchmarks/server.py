"""Throughput in server mode, and the rivals on the same PostgreSQL."""

from pathlib import Path

from tests.benchmarks.bench import MANY, NUMBERS_PER_EMAIL, SINGLE, Bench, say
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.ours import WORKERS, Portal, server_portal
from tests.benchmarks.proxy import proxied
from tests.benchmarks.raw import raw_rate
from tests.benchmarks.rivals import PATIENT_THREADS, QUICK_THREADS, Rivals, rivals
from tests.benchmarks.services import services
from tests.benchmarks.sinks import Sink, sink

SESSIONS = 32
ROUND_TRIP_MS = 50
RAW2, OURS, OURS_MANY = "raw2", "ours", "ours, one text to many"
POST_OFFICE, MAILER = "django-post_office", "django-mailer"
# django-mailer is that much slower than django-post_office.
MAILER_PART = 5
# At so many milliseconds it sends a handful a second.
SLOW_POST_OFFICE, SLOW_MAILER = 1_000, 30


def server(bench: Bench) -> list[Row]:
    rounds, slow = Rounds(), Rounds()
    with (
        bench.folder() as folder,
        sink(folder) as operator,
        services(folder) as running,
        server_portal(folder, running, "portal") as portal,
        rivals(folder, running) as theirs,
        proxied(folder, operator.port, round_trip_ms=ROUND_TRIP_MS) as slow_port,
    ):
        connections = SESSIONS * WORKERS
        for name, numbers in ((SINGLE, 1), (MANY, NUMBERS_PER_EMAIL)):
            limits = {"numbers_per_email": numbers, "connections": connections}
            portal.organisation_add(name, port=operator.port, **limits)
        for number in range(bench.plan.rounds):
            say(f"server mode and rivals, round {number + 1}")
            _round(bench, rounds, folder, operator, portal, theirs)
        say(f"rivals at {ROUND_TRIP_MS} ms")
        _slow_round(bench, slow, operator, portal, theirs, slow_port)
    return [*_rows(rounds), *_slow_rows(slow)]


def _round(
    bench: Bench, rounds: Rounds, folder: Path, operator: Sink, portal: Portal, theirs: Rivals
) -> None:
    plan, port = bench.plan, operator.port
    rounds.add(RAW2, raw_rate(folder, port, processes=2, seconds=plan.raw_seconds))
    # Nobody else runs while one is measured.
    with portal.workers(sessions=SESSIONS):
        rounds.add(OURS, deliver(portal, operator, SINGLE, plan.personalised).flow.rate)
        many = deliver(portal, operator, MANY, plan.many, numbers_per_email=NUMBERS_PER_EMAIL)
        rounds.add(OURS_MANY, many.recipients_rate)
    e_mails = plan.rival_e_mails
    flow = theirs.post_office(operator, e_mails, port=port, threads=QUICK_THREADS)
    rounds.add(POST_OFFICE, flow.rate)
    flow = theirs.mailer(operator, e_mails // MAILER_PART, port=port)
    rounds.add(MAILER, flow.rate)


def _slow_round(
    bench: Bench, rounds: Rounds, operator: Sink, portal: Portal, theirs: Rivals, port: int
) -> None:
    portal.gateway_change(SINGLE, port=port)
    e_mails = int(2 * SESSIONS * bench.plan.slow_seconds * 1000 / ROUND_TRIP_MS)
    with portal.workers(sessions=SESSIONS):
        rounds.add(OURS, deliver(portal, operator, SINGLE, e_mails).flow.rate)
    flow = theirs.post_office(operator, SLOW_POST_OFFICE, port=port, threads=PATIENT_THREADS)
    rounds.add(POST_OFFICE, flow.rate)
    rounds.add(MAILER, theirs.mailer(operator, SLOW_MAILER, port=port).rate)


def _rows(rounds: Rounds) -> list[Row]:
    what = "server mode: personalised, 2 workers of 32 sessions, against "
    return [
        rounds.against(OURS, RAW2, what=f"{what}raw2", target=Target(3, 4)),
        rounds.against(
            OURS_MANY,
            RAW2,
            what="server mode: one text to many, recipients against raw2's e-mails",
            target=Target(10, 16),
        ),
        rounds.against(
            OURS,
            POST_OFFICE,
            what=f"{what}{POST_OFFICE}, 2 processes of {QUICK_THREADS} threads",
            target=Target(5, 10),
        ),
        rounds.against(OURS, MAILER, what=f"{what}{MAILER}, 2 processes", target=Target(15, 30)),
    ]


def _slow_rows(rounds: Rounds) -> list[Row]:
    what = f"at {ROUND_TRIP_MS} ms, 2 workers of 32 sessions, against "
    threads = f"2 processes of {PATIENT_THREADS} threads"
    return [
        rounds.against(OURS, POST_OFFICE, what=f"{what}{POST_OFFICE}, {threads}"),
        rounds.against(OURS, MAILER, what=f"{what}{MAILER}, 2 processes"),
    ]
