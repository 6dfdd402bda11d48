"""Personalised mailings: each text rendered, sized and priced, and put into the outbox."""

import json

from tests.benchmarks.bench import SINGLE, Bench, say
from tests.benchmarks.figures import Rounds, Row, Target
from tests.benchmarks.ours import Alone, Portal, embedded_portal, manager_of
from tests.benchmarks.processes import Trouble, free_port

PREPARED, SUBMITTED, FLOOR = (
    "prepared",
    "prepared and submitted",
    "str.replace and COPY of the same rows",
)


def mailings(bench: Bench) -> list[Row]:
    plan = bench.plan
    rounds, peaks = Rounds(), {}
    few, many = plan.memory
    with bench.folder() as folder, embedded_portal(folder) as portal:
        # Nothing is sent here: no worker runs.
        portal.organisation_add(SINGLE, port=free_port(), numbers_per_email=1)
        groups = {count: portal.ask("group_add", SINGLE, count) for count in (few, many)}
        for count in (few, *[many] * plan.rounds):
            say(f"a personalised mailing to {count}")
            done, alone = _mailing(portal, groups[count], count)
            peaks[count] = max(peaks.get(count, 0.0), alone.peak_mib)
            if count == many:
                rounds.add(PREPARED, count / done["prepared"])
                rounds.add(SUBMITTED, count / (done["prepared"] + done["submitted"]))
                rounds.add(FLOOR, count / portal.ask("mailing_floor_seconds", groups[count]))
    return [
        rounds.against(
            PREPARED, FLOOR, what=f"{many:,} texts rendered and counted, against {FLOOR}"
        ),
        rounds.against(
            SUBMITTED, FLOOR, what=f"the same, priced and put into the outbox, against {FLOOR}"
        ),
        Row(
            f"memory of a worker at {many:,} against {few:,} people",
            peaks[many] / peaks[few],
            target=Target(1.1, is_ceiling=True),
            detail=f"{peaks[many]:.1f} MiB against {peaks[few]:.1f} MiB",
        ),
    ]


def _mailing(portal: Portal, group: int, count: int) -> tuple[dict[str, float], Alone]:
    """Seconds of its stages, in a process of its own as a worker's child is one."""
    arguments = ("-m", "tests.benchmarks.mailing", manager_of(SINGLE), str(group))
    alone = portal.alone(*arguments)
    done = json.loads(alone.output)
    if done["sent_to"] != count:
        raise Trouble(f"{done['sent_to']} of {count} people are in the outbox")
    return done, alone
