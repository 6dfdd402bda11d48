"""Pages and exports of an organisation with very many contacts."""

import json
from statistics import median, quantiles

from tests.benchmarks.bench import Bench, say
from tests.benchmarks.figures import Row, Target
from tests.benchmarks.imports import PEOPLE
from tests.benchmarks.ours import Portal, embedded_portal, manager_of

_P95_MS, _MOST_MIB = 50.0, 300.0


def contact_pages(bench: Bench) -> list[Row]:
    count = bench.plan.contacts
    with bench.folder() as folder, embedded_portal(folder) as portal:
        portal.command("create_organisation", PEOPLE, "--manager", manager_of(PEOPLE))
        say(f"{count} contacts are made")
        portal.alone("-m", "tests.benchmarks.visits", "people_made", PEOPLE, str(count))
        say("pages")
        visits = portal.alone("-m", "tests.benchmarks.visits", "milliseconds", manager_of(PEOPLE))
        rows = [_row(kind, times, count) for kind, times in json.loads(visits.output).items()]
        return [*rows, *(_export(portal, name, count) for name in ("csv", "xlsx"))]


def _row(kind: str, times: list[float], count: int) -> Row:
    return Row(
        f"{kind}, of {count:,} contacts, p95",
        quantiles(times, n=20)[-1],
        " ms",
        target=Target(_P95_MS, is_ceiling=True),
        detail=f"median {median(times):.0f}, of {len(times)}",
    )


def _export(portal: Portal, file_format: str, count: int) -> Row:
    say(f"export as {file_format}")
    script = ("-m", "tests.benchmarks.visits", "exported", manager_of(PEOPLE), file_format)
    done = portal.alone(*script)
    size = int(done.output) / 2**20
    return Row(
        f"peak memory of an export of {count:,} contacts as {file_format}",
        done.peak_mib,
        " MiB",
        target=Target(_MOST_MIB, is_ceiling=True),
        detail=f"{size:.0f} MiB in {done.seconds:.1f} s, Python's start included",
    )
