"""Throughput on the embedded database: personalised, one text to many, without PIPELINING."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.benchmarks.bench import MANY, NUMBERS_PER_EMAIL, SINGLE, Bench, say
from tests.benchmarks.cpu import cpu_seconds
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.letters import letter
from tests.benchmarks.ours import WORKERS, Portal, embedded_portal
from tests.benchmarks.processes import Process
from tests.benchmarks.raw import raw_rate
from tests.benchmarks.sinks import Sink, sink, source_rate

RAW1 = "raw1: plain smtplib, one connection"
RAW2 = "raw2: two processes of plain smtplib, one connection each"
RAWPIPE2 = "rawpipe2: the same with MAIL, RCPT and DATA pipelined"
RAW64 = "plain smtplib on 64 connections of two processes"
RAWPIPE64 = "the same, pipelined"
SOURCE64 = "Postfix's smtp-source, in C, on 64 connections"
OURS32, OURS8 = "ours, 2 workers of 32 sessions", "ours, 2 workers of 8 sessions"
OURS_OWN = "ours, each with a text of their own"
OURS_SUBMIT, OURS_OWN_SUBMIT = "recipients queued, one text", "recipients queued, own texts"
OURS_MANY = "ours, recipients, 80 numbers an e-mail"
OURS_WHOLE = "the same with the submit"


def delivery(bench: Bench) -> list[Row]:
    rounds = Rounds()
    with bench.folder() as folder, sink(folder) as operator, embedded_portal(folder) as portal:
        portal.organisation_add(SINGLE, port=operator.port, numbers_per_email=1)
        portal.organisation_add(MANY, port=operator.port, numbers_per_email=NUMBERS_PER_EMAIL)
        with _workers(portal, 32) as workers:
            spent = _Spent(portal, operator, workers)
            for number in range(bench.plan.rounds):
                say(f"delivery, round {number + 1}")
                _yardsticks(rounds, folder, operator, bench.plan.raw_seconds)
                counted = spent.counted(bench.plan.personalised)
                done = deliver(
                    portal, operator, SINGLE, bench.plan.personalised, while_sending=counted
                )
                rounds.add(OURS32, done.flow.rate)
                own = deliver(portal, operator, SINGLE, bench.plan.personalised, has_own_texts=True)
                rounds.add(OURS_OWN, own.flow.rate)
                rounds.add(OURS_OWN_SUBMIT, own.recipients / own.submit_seconds)
                rounds.add(OURS_SUBMIT, done.recipients / done.submit_seconds)
                _one_text(rounds, portal, operator, bench.plan.many)
        few = Rounds()
        with _workers(portal, 8):
            for number in range(bench.plan.rounds):
                say(f"8 sessions, round {number + 1}")
                _raw2(few, folder, operator, bench.plan.raw_seconds)
                _personalised(few, OURS8, portal, operator, bench.plan.personalised)
    return [*_rows(rounds, few), spent.row()]


def without_pipelining(bench: Bench) -> list[Row]:
    rounds = Rounds()
    with (
        bench.folder() as folder,
        sink(folder, pipelining=False) as operator,
        embedded_portal(folder) as portal,
    ):
        portal.organisation_add(SINGLE, port=operator.port, numbers_per_email=1)
        with _workers(portal, 32):
            for number in range(bench.plan.rounds):
                say(f"without PIPELINING, round {number + 1}")
                _raw2(rounds, folder, operator, bench.plan.raw_seconds)
                _personalised(rounds, OURS32, portal, operator, bench.plan.personalised)
    what = "personalised, 2 × 32 sessions, to a server without PIPELINING, against raw2"
    return [rounds.against(OURS32, RAW2, what=what, target=Target(0.75, 1.5))]


class _Spent:
    """CPU time that campaigns have taken, by who took it."""

    def __init__(self, portal: Portal, operator: Sink, workers: list[Process]) -> None:
        assert portal.postmaster is not None, "embedded"
        self._owners = {
            "workers": [worker.pid for worker in workers],
            "PostgreSQL": [portal.postmaster],
            "smtp-sink": [operator.pid],
        }
        self._seconds = dict.fromkeys(self._owners, 0.0)
        self._e_mails = 0

    @contextmanager
    def counted(self, e_mails: int) -> Iterator[None]:
        before = cpu_seconds(self._owners)
        yield
        for name, seconds in cpu_seconds(self._owners).items():
            self._seconds[name] += seconds - before[name]
        self._e_mails += e_mails

    def row(self) -> Row:
        each = {name: 1e6 * spent / self._e_mails for name, spent in self._seconds.items()}
        detail = ", ".join(f"{name} {spent:.0f}" for name, spent in each.items())
        what = "CPU time an e-mail while sending"
        return Row(what, sum(each.values()), " µs", detail=detail)


def _workers(portal: Portal, sessions: int) -> AbstractContextManager[list[Process]]:
    for organisation in portal.organisations:
        portal.gateway_change(organisation, connections=sessions * WORKERS)
    return portal.workers(sessions=sessions)


def _yardsticks(rounds: Rounds, folder: Path, operator: Sink, seconds: float) -> None:
    for name, processes, connections, pipelined in (
        (RAW1, 1, 1, False),
        (RAWPIPE2, 2, 1, True),
        (RAW64, 2, 32, False),
        (RAWPIPE64, 2, 32, True),
        (RAW2, 2, 1, False),
    ):
        rate = raw_rate(
            folder,
            operator.port,
            processes=processes,
            connections=connections,
            pipelined=pipelined,
            seconds=seconds,
        )
        rounds.add(name, rate)
    e_mails = int(seconds * rounds.median(RAW64))
    octets = len(letter())
    rounds.add(SOURCE64, source_rate(operator, e_mails, sessions=64, octets=octets))


def _raw2(rounds: Rounds, folder: Path, operator: Sink, seconds: float) -> None:
    rounds.add(RAW2, raw_rate(folder, operator.port, processes=2, seconds=seconds))


def _personalised(
    rounds: Rounds, name: str, portal: Portal, operator: Sink, recipients: int
) -> None:
    rounds.add(name, deliver(portal, operator, SINGLE, recipients).flow.rate)


def _one_text(rounds: Rounds, portal: Portal, operator: Sink, recipients: int) -> None:
    done = deliver(portal, operator, MANY, recipients, numbers_per_email=NUMBERS_PER_EMAIL)
    rounds.add(OURS_MANY, done.recipients_rate)
    rounds.add(OURS_WHOLE, done.whole_rate)


def _rows(rounds: Rounds, few: Rounds) -> list[Row]:
    many = "one text to many, 80 numbers an e-mail: recipients against raw2's e-mails"
    return [
        *(rounds.row(name) for name in (RAW1, RAW2, RAWPIPE2, RAW64, RAWPIPE64, SOURCE64)),
        rounds.against(
            OURS32,
            RAW2,
            what="personalised, 2 workers of 32 sessions, against raw2",
            target=Target(3, 4),
        ),
        rounds.against(OURS_OWN, OURS32, what="texts of their own, against one text"),
        rounds.against(OURS_OWN_SUBMIT, OURS_SUBMIT, what="queueing them, against one text"),
        rounds.against(OURS32, RAW64, what="the same against plain smtplib on 64 connections"),
        rounds.against(OURS32, RAWPIPE64, what="the same against pipelined smtplib on 64"),
        few.against(
            OURS8,
            RAW2,
            what="personalised, 2 workers of 8 sessions, against raw2",
            target=Target(1.5, 2.5),
        ),
        rounds.against(OURS_MANY, RAW2, what=many, target=Target(10, 16)),
        rounds.against(OURS_WHOLE, RAW2, what="the same from the order to the last e-mail"),
    ]
