"""Every e-mail arrives exactly once: what the operator wrote down, number by number."""

import re
from collections import Counter

from tests.benchmarks.bench import SINGLE, Bench, say
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Row, Target
from tests.benchmarks.letters import FIRST_NUMBER
from tests.benchmarks.ours import WORKERS, embedded_portal
from tests.benchmarks.processes import Trouble
from tests.benchmarks.sinks import sink

SESSIONS = 32
_NUMBER = re.compile(rb"^PhoneNumber=(\d+)\r?$", re.MULTILINE)


def once(bench: Bench) -> list[Row]:
    recipients = bench.plan.shared_campaign
    with bench.folder() as folder:
        dumps = folder / "dumps"
        dumps.mkdir()
        # The operator runs as another user.
        dumps.chmod(0o777)
        with sink(folder, dump=dumps / "letters") as operator, embedded_portal(folder) as portal:
            limits = {"numbers_per_email": 1, "connections": SESSIONS * WORKERS}
            portal.organisation_add(SINGLE, port=operator.port, **limits)
            say(f"{recipients} e-mails, number by number")
            with portal.workers(sessions=SESSIONS):
                deliver(portal, operator, SINGLE, recipients)
        came = Counter(
            int(number) for dump in dumps.iterdir() for number in _NUMBER.findall(dump.read_bytes())
        )
    wanted = Counter(range(FIRST_NUMBER, FIRST_NUMBER + recipients))
    if came != wanted:
        raise Trouble(f"lost: {len(wanted - came)}, too many: {len(came - wanted)}")
    what = f"of {recipients:,} e-mails, all accepted, those that the operator had exactly once"
    return [Row(what, 1.0, "×", Target(1, 1))]
