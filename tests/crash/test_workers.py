"""A real Celery worker: its children are killed, it is told to stop, it has much to do."""

import os
import re
import signal

import psutil
import pytest

from portal.delivery.models import Claim, GatewayAccount
from portal.delivery.selectors import message_counts
from portal.delivery.tasks import deliver, sweep
from portal.embedded.sandbox import SandboxOperator
from tests.crash.conftest import CONNECTIONS, Campaign
from tests.crash.processes import Workshop, ended
from tests.crash.recovery import Beat
from tests.crash.witness import uncertain_after
from tests.patience import until

# More than a worker sends before it hears of its end.
MANY = 5000
RINGS = 40


@pytest.mark.parametrize("victims", [1, 2])
def test_a_worker_whose_idle_children_are_killed_goes_on_with_new_ones(
    victims: int, campaign: Campaign, operator: SandboxOperator, workshop: Workshop
) -> None:
    worker = workshop.celery()
    messages = [campaign(CONNECTIONS)]
    until(Beat(messages[-1]).all_is_over)

    for _ in range(4):
        for child in psutil.Process(worker.pid).children()[:victims]:
            os.kill(child.pid, signal.SIGKILL)
        messages.append(campaign(CONNECTIONS))
        until(Beat(messages[-1]).all_is_over)

    assert worker.poll() is None
    assert uncertain_after(operator, *messages) == 0


def test_a_worker_told_to_stop_finishes_what_is_at_its_dot_and_leaves_the_rest(
    campaign: Campaign, operator: SandboxOperator, workshop: Workshop
) -> None:
    message = campaign(MANY)
    worker = workshop.celery()
    until(lambda: bool(operator.letters()))

    worker.terminate()

    assert ended(worker) == 0
    sent = len(operator.letters())
    assert message_counts(message.pk) == {"accepted": sent, "queued": MANY - sent}
    assert not Claim.objects.exists()


def test_a_sweep_does_not_wait_behind_the_rings_of_a_busy_account(
    account: GatewayAccount, workshop: Workshop
) -> None:
    for _ in range(RINGS):
        deliver.apply_async((account.pk,))
    sweep.apply_async()

    workshop.celery(loglevel="INFO")

    until(lambda: sweep.name in tasks_done(workshop))
    assert tasks_done(workshop).index(sweep.name) < RINGS / 2


def tasks_done(workshop: Workshop) -> list[str]:
    (log,) = workshop.logs.iterdir()
    return re.findall(r"Task (\S+)\[\S+\] succeeded", log.read_text())
