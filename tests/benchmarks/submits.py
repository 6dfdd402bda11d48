"""Queueing a message: time and memory by the size of the audience, and rows against Django's."""

from tests.benchmarks.bench import MANY, NUMBERS_PER_EMAIL, SINGLE, Bench, say
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.ours import embedded_portal
from tests.benchmarks.processes import free_port

ROWS, WHOLE, DJANGO = "recipient rows", "whole submit", "bulk_create(1000)"


def submits(bench: Bench) -> list[Row]:
    plan = bench.plan
    rows: list[Row] = []
    with bench.folder() as folder, embedded_portal(folder) as portal:
        # Nothing is sent here: no worker runs.
        portal.organisation_add(MANY, port=free_port(), numbers_per_email=NUMBERS_PER_EMAIL)
        portal.organisation_add(SINGLE, port=free_port(), numbers_per_email=1)
        rounds = Rounds()
        for number in range(plan.rounds):
            say(f"recipient rows, round {number + 1}")
            done = portal.ask("submit_timed", *portal.order(MANY, plan.rows))
            rounds.add(ROWS, plan.rows / done["rows_seconds"])
            rounds.add(WHOLE, plan.rows / done["seconds"])
            rounds.add(DJANGO, plan.rows / portal.ask("bulk_create_seconds", done["id"]))
        peaks = {}
        for organisation, numbers in ((MANY, NUMBERS_PER_EMAIL), (SINGLE, 1)):
            for recipients in plan.audiences:
                say(f"a submit to {recipients}, {numbers} an e-mail")
                done_alone = portal.send_alone(organisation, recipients)
                peaks[recipients] = done_alone.peak_mib
                what = f"peak memory of a submit to {recipients:,}, {numbers} an e-mail"
                detail = f"the whole command took {done_alone.seconds:.1f} s"
                rows.append(Row(what, done_alone.peak_mib, " MiB", detail=detail))
    return [*_rows(rounds, plan.rows), *rows]


def _rows(rounds: Rounds, recipients: int) -> list[Row]:
    what = f"recipient rows made by a submit to {recipients:,}, against {DJANGO}"
    whole = "the whole submit, numbers read and checked, against the rows of"
    return [
        rounds.against(ROWS, DJANGO, what=what, target=Target(5, 8)),
        rounds.against(WHOLE, DJANGO, what=f"{whole} {DJANGO}"),
    ]
