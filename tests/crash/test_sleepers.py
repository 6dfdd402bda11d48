"""A worker that stands still past its lease, then wakes up."""

import pytest

from portal.delivery.models import GatewayAccount
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import sweep_outbox
from portal.embedded.sandbox import SandboxOperator
from tests.crash.conftest import CONNECTIONS, Campaign
from tests.crash.dying_worker import Point
from tests.crash.processes import Workshop, await_stop, ended, resume
from tests.crash.recovery import leases_ran_out, recover
from tests.crash.witness import uncertain_after
from tests.patience import until

RECIPIENTS = 12


@pytest.mark.parametrize("point", [Point.AFTER_CLAIM, Point.AFTER_BODY])
def test_a_worker_that_slept_before_the_dot_while_another_sent_sends_nothing(
    point: Point,
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
) -> None:
    message = campaign(RECIPIENTS)
    sleeper = workshop.dying(account.pk, point, "STOP")
    await_stop(sleeper)
    recover(message)
    sent = operator.letters()

    resume(sleeper)

    assert ended(sleeper) == 0
    assert operator.letters() == sent
    assert uncertain_after(operator, message) == 0


@pytest.mark.parametrize("is_swept", [True, False])
def test_a_worker_that_overslept_its_lease_gives_back_what_nobody_took_meanwhile(
    is_swept: bool,
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
) -> None:
    message = campaign(RECIPIENTS)
    sleeper = workshop.dying(account.pk, Point.AFTER_BODY, "STOP")
    await_stop(sleeper)
    until(leases_ran_out)
    if is_swept:
        sweep_outbox()

    resume(sleeper)

    assert ended(sleeper) == 0
    assert operator.letters() == []
    assert message_counts(message.pk) == {"queued": RECIPIENTS}
    recover(message)
    assert uncertain_after(operator, message) == 0


def test_a_worker_that_slept_between_its_promise_and_the_dot_writes_no_dot(
    campaign: Campaign, account: GatewayAccount, operator: SandboxOperator, workshop: Workshop
) -> None:
    message = campaign(RECIPIENTS)
    sleeper = workshop.dying(account.pk, Point.BEFORE_DOT, "STOP")
    await_stop(sleeper)
    recover(message)
    sent = operator.letters()

    resume(sleeper)

    assert ended(sleeper) == 0
    assert operator.letters() == sent
    assert 0 < uncertain_after(operator, message) <= CONNECTIONS


def test_a_worker_that_overslept_sends_nothing_of_what_another_holds_now(
    campaign: Campaign, account: GatewayAccount, operator: SandboxOperator, workshop: Workshop
) -> None:
    message = campaign(RECIPIENTS)
    sleeper = workshop.dying(account.pk, Point.AFTER_BODY, "STOP")
    await_stop(sleeper)
    until(leases_ran_out)
    sweep_outbox()
    heir = workshop.dying(account.pk, Point.AFTER_BODY, "STOP")
    await_stop(heir)

    resume(sleeper)

    assert ended(sleeper) == 0
    assert operator.letters() == []
    resume(heir)
    assert ended(heir) == 0
    recover(message)
    assert uncertain_after(operator, message) == 0
