"""A real Celery worker killed at random instants while a message goes out.

``CRASH_ENVELOPES=10000 pytest tests/crash/test_random_kills.py`` is the long version: more
envelopes, a kill for every fifty of them. CRASH_SEED repeats a run's instants. ``-rP`` shows how
many were killed and left uncertain.
"""

import logging
import os
import random
import subprocess
import time

from django.utils import timezone

from portal.delivery.models import ConnectionLease, Message
from portal.delivery.sweep import sweep_outbox
from portal.embedded.sandbox import SandboxOperator
from tests.crash.conftest import CONNECTIONS, Campaign
from tests.crash.processes import Workshop, kill
from tests.crash.recovery import is_over, until
from tests.crash.witness import uncertain_after

log = logging.getLogger(__name__)

ENVELOPES = int(os.environ.get("CRASH_ENVELOPES", "150"))
MOST_KILLS = max(4, ENVELOPES // 50)
SEED = int(os.environ.get("CRASH_SEED", random.randrange(10**6)))
LONGEST_LIFE_SECONDS = 0.4


class Beat:
    """Sweeps from this process, in the place of Celery's beat."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self._seen: set[int] = set(self._runs())

    def somebody_works_or_all_is_over(self) -> bool:
        sweep_outbox()
        new = set(self._runs()) - self._seen
        self._seen |= new
        return bool(new) or is_over(self.message)

    def all_is_over(self) -> bool:
        sweep_outbox()
        return is_over(self.message)

    def _runs(self) -> list[int]:
        running = ConnectionLease.objects.filter(expires_at__gt=timezone.now())
        return list(running.values_list("pk", flat=True))


def live_and_die(worker: "subprocess.Popen[bytes]", beat: Beat, dice: random.Random) -> None:
    until(beat.somebody_works_or_all_is_over)
    time.sleep(dice.uniform(0, LONGEST_LIFE_SECONDS))
    kill(worker)


def test_workers_killed_at_random_lose_nothing_and_send_nothing_twice(
    campaign: Campaign,
    operator: SandboxOperator,
    workshop: Workshop,
) -> None:
    dice = random.Random(SEED)
    message = campaign(ENVELOPES)
    beat = Beat(message)
    kills = 0
    while kills < MOST_KILLS and not is_over(message):
        live_and_die(workshop.celery(), beat, dice)
        kills += 1
        if kills == 2:
            workshop.wipe_broker()
    workshop.celery()
    until(beat.all_is_over, patience=60 + ENVELOPES / 20)

    uncertain = uncertain_after(operator, message)
    log.warning("seed %s: %s kills, %s envelopes, %s uncertain", SEED, kills, ENVELOPES, uncertain)
    assert kills >= 2
    assert uncertain <= kills * CONNECTIONS


def test_a_broker_wiped_under_a_running_worker_costs_a_delay_alone(
    campaign: Campaign, operator: SandboxOperator, workshop: Workshop
) -> None:
    first = campaign(CONNECTIONS)
    workshop.celery()
    until(Beat(first).all_is_over)

    workshop.wipe_broker()
    second = campaign(CONNECTIONS)

    until(Beat(second).all_is_over)
    assert uncertain_after(operator, first, second) == 0
