"""``python -m tests.benchmarks``: everything side by side in one run; see README.md."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.benchmarks.bench import Bench, say
from tests.benchmarks.contact_pages import contact_pages
from tests.benchmarks.delivery import delivery, without_pipelining
from tests.benchmarks.fairness import limit, sharing, singles
from tests.benchmarks.figures import Row
from tests.benchmarks.imports import imports
from tests.benchmarks.latency import latency
from tests.benchmarks.mailings import mailings
from tests.benchmarks.memory import memory
from tests.benchmarks.once import once
from tests.benchmarks.plan import Plan
from tests.benchmarks.processes import Trouble
from tests.benchmarks.report import report, write
from tests.benchmarks.server import server
from tests.benchmarks.submits import submits

SECTIONS: Mapping[str, tuple[str, Callable[[Bench], list[Row]]]] = {
    "once": ("Exactly once", once),
    "delivery": ("Embedded mode", delivery),
    "plain": ("A server without PIPELINING", without_pipelining),
    "server": ("Server mode and others", server),
    "latency": ("An operator 50 ms away", latency),
    "submit": ("Submit", submits),
    "mailings": ("Personalised mailings", mailings),
    "memory": ("Memory", memory),
    "singles": ("Small messages beside a campaign", singles),
    "sharing": ("Two organisations", sharing),
    "limit": ("A limit per minute", limit),
    "imports": ("Importing contacts", imports),
    "contacts": ("Pages and exports of contacts", contact_pages),
}


def main() -> int:
    options = _options()
    plan = Plan().quick() if options.quick else Plan()
    bench = Bench(replace(plan, rounds=options.rounds or plan.rounds))
    sections, failed, begun = {}, False, time.monotonic()
    for name in options.only or SECTIONS:
        title, measure = SECTIONS[name]
        try:
            sections[title] = measure(bench)
        except Trouble as trouble:
            failed = True
            say(f"{name}: {trouble}")
    minutes = (time.monotonic() - begun) / 60
    how = f"medians of {bench.plan.rounds} rounds{', quick' if options.quick else ''}"
    text = report(sections, how=f"{how}, {minutes:.1f} minutes")
    print(text)  # noqa: T201 - the result
    if options.write:
        write(text)
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller, under four minutes")
    parser.add_argument("--rounds", type=int, metavar="N", help="instead of three, quick two")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="may be given again")
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
