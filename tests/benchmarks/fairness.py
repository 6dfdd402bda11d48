"""Small messages beside a campaign, two organisations on one worker, and a limit over two."""

import time
from statistics import quantiles

from tests.benchmarks.bench import SINGLE, Bench, say
from tests.benchmarks.deliveries import deliver
from tests.benchmarks.figures import Row, Target
from tests.benchmarks.observed import answered_by_organisation, seconds_until_accepted
from tests.benchmarks.ours import RINGS, WORKERS, Portal, embedded_portal
from tests.benchmarks.processes import wait_until
from tests.benchmarks.sinks import Sink, sink

SESSIONS = 32
PAUSE_SECONDS = 0.5
# Enough messages for a 95th percentile, and an end where the campaign has none.
LONGEST_SECONDS = 60.0
PER_MINUTE = 600


def singles(bench: Bench) -> list[Row]:
    """Messages to one number each while the same account is busy with a campaign."""
    campaign = bench.plan.busy_campaign
    with bench.folder() as folder, sink(folder) as operator, embedded_portal(folder) as portal:
        limits = {"numbers_per_email": 1, "connections": SESSIONS * WORKERS}
        portal.organisation_add(SINGLE, port=operator.port, **limits)
        with portal.workers(sessions=SESSIONS):
            say(f"single messages beside a campaign of {campaign}")
            message_ids = _submit_beside(portal, operator, campaign)
            wait_until(
                lambda: len(seconds_until_accepted(portal, message_ids)) == len(message_ids),
                what="every single message accepted",
            )
        waited = sorted(seconds_until_accepted(portal, message_ids))
    percentiles = quantiles(waited, n=100, method="inclusive")
    detail = f"{len(waited)} messages: p50 {percentiles[49]:.2f} s, longest {waited[-1]:.2f} s"
    what = f"a message to one number beside a campaign of {campaign:,}, accepted within, p95"
    return [Row(what, percentiles[94], " s", Target(2.0, is_ceiling=True), detail)]


def _submit_beside(portal: Portal, operator: Sink, campaign: int) -> list[str]:
    """Submit single messages until the campaign is over; their ids."""
    portal.ask("pause", SINGLE)
    portal.send(SINGLE, campaign)
    before, message_ids = operator.count(), list[str]()
    portal.ask("resume", SINGLE, RINGS)
    wait_until(lambda: operator.count() > before, what="the campaign begins")
    begun = time.monotonic()
    while True:
        message_ids.append(portal.send(SINGLE, 1))
        due = begun + PAUSE_SECONDS * len(message_ids)
        time.sleep(max(0.0, due - time.monotonic()))
        is_over = operator.count() - before >= campaign + len(message_ids)
        if is_over or due - begun > LONGEST_SECONDS:
            return message_ids


def sharing(bench: Bench) -> list[Row]:
    """Two organisations' campaigns on one worker process."""
    names, campaign = ("first", "second"), bench.plan.shared_campaign
    with bench.folder() as folder, sink(folder) as operator, embedded_portal(folder) as portal:
        for name in names:
            limits = {"numbers_per_email": 1, "connections": SESSIONS}
            portal.organisation_add(name, port=operator.port, **limits)
            portal.ask("pause", name)
        for name in names:
            portal.send(name, campaign)
        say("two organisations on one worker")
        with portal.workers(1, sessions=SESSIONS):
            before = operator.count()
            for name in names:
                portal.ask("resume", name, 1)
            operator.watch(len(names) * campaign, after=before, seconds=300)
        times = answered_by_organisation(portal)
    both_until = min(max(moments) for moments in times.values())
    shares = sorted(sum(at <= both_until for at in moments) for moments in times.values())
    jain = sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))
    detail = f"{shares[0]:,} and {shares[1]:,} e-mails until the first was done"
    what = "two organisations on one worker: Jain's index of what each got"
    return [Row(what, jain, "", Target(0.98, 0.999), detail)]


def limit(bench: Bench) -> list[Row]:
    """A limit per minute, over two workers."""
    seconds = bench.plan.limit_seconds
    e_mails = int(seconds * PER_MINUTE / 60)
    with bench.folder() as folder, sink(folder) as operator, embedded_portal(folder) as portal:
        limits = {"numbers_per_email": 1, "connections": SESSIONS * WORKERS}
        portal.organisation_add(SINGLE, port=operator.port, per_minute=PER_MINUTE, **limits)
        with portal.workers(sessions=SESSIONS):
            say(f"{PER_MINUTE} a minute over two workers")
            rate = 60 * deliver(portal, operator, SINGLE, e_mails).flow.rate
    detail = f"{rate:.0f} e-mails a minute of {PER_MINUTE}, 2 workers"
    what = "e-mails sent against the limit per minute"
    return [Row(what, rate / PER_MINUTE, "×", Target(1.05, is_ceiling=True), detail)]
