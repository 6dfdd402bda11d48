"""Memory of a worker process by the size of the campaign it has delivered."""

from tests.benchmarks.bench import SINGLE, Bench, say
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Row, Target
from tests.benchmarks.ours import embedded_portal, peak_mib_of_children
from tests.benchmarks.sinks import sink

SESSIONS = 32


def memory(bench: Bench) -> list[Row]:
    few, many = bench.plan.memory
    peaks = {}
    with bench.folder() as folder, sink(folder) as operator, embedded_portal(folder) as portal:
        limits = {"numbers_per_email": 1, "connections": SESSIONS}
        portal.organisation_add(SINGLE, port=operator.port, **limits)
        for recipients in (few, many):
            say(f"memory of a worker at {recipients} recipients")
            with portal.workers(1, sessions=SESSIONS) as [worker]:
                deliver(portal, operator, SINGLE, recipients)
                peaks[recipients] = peak_mib_of_children(worker)
    return [
        Row(
            f"memory of a worker at {many:,} against {few:,} recipients",
            peaks[many] / peaks[few],
            target=Target(1.1, is_ceiling=True),
            detail=f"{peaks[many]:.1f} MiB against {peaks[few]:.1f} MiB",
        )
    ]
