"""The broker loses everything that it has."""

from portal.embedded.sandbox import SandboxOperator
from tests.crash.conftest import CONNECTIONS, Campaign
from tests.crash.processes import Workshop
from tests.crash.recovery import Beat
from tests.crash.witness import uncertain_after
from tests.patience import until


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
