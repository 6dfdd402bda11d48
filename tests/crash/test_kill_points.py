"""A worker killed between any two commits: nothing lost, nothing sent twice."""

import signal

import pytest

from portal.delivery.models import Attempt, GatewayAccount
from portal.delivery.selectors import message_counts
from portal.embedded.sandbox import SandboxOperator
from tests.crash.conftest import CONNECTIONS, Campaign
from tests.crash.dying_worker import Point
from tests.crash.processes import Workshop, ended
from tests.crash.recovery import recover
from tests.crash.witness import uncertain_after
from tests.personalised import submit_personalised

RECIPIENTS = 12
SURELY_SAFE = {Point.AFTER_CLAIM, Point.AFTER_BODY}
NO_DOT_YET = SURELY_SAFE | {Point.BEFORE_DOT}
UNANSWERED = {Point.BEFORE_DOT, Point.AFTER_DOT, Point.BEFORE_RECORD}


@pytest.mark.parametrize("point", list(Point))
def test_a_worker_killed_at_any_point_loses_nothing_and_sends_nothing_twice(
    point: Point,
    campaign: Campaign,
    account: GatewayAccount,
    operator: SandboxOperator,
    workshop: Workshop,
) -> None:
    message = campaign(RECIPIENTS)

    assert ended(workshop.dying(account.pk, point, "KILL")) == -signal.SIGKILL
    if point in NO_DOT_YET:
        assert operator.letters() == []
    recover(message)

    uncertain = uncertain_after(operator, message)
    assert uncertain <= (0 if point in SURELY_SAFE else CONNECTIONS)
    assert uncertain or point not in UNANSWERED


@pytest.mark.parametrize("point", [Point.AFTER_BODY, Point.AFTER_DOT, Point.AFTER_RECORD])
def test_a_worker_killed_amid_a_personalised_message_gives_nobody_anothers_text(
    point: Point, account: GatewayAccount, operator: SandboxOperator, workshop: Workshop
) -> None:
    texts = {str(79210000000 + place): f"Вам, {place}" for place in range(RECIPIENTS)}
    message = submit_personalised(account.organisation.members.get(), texts)

    assert ended(workshop.dying(account.pk, point, "KILL")) == -signal.SIGKILL
    recover(message)

    uncertain_after(operator, message)
    letters = operator.letters()
    assert {phone: letter.text for letter in letters for phone in letter.numbers}.items() <= (
        texts.items()
    )


def test_an_uncertain_envelope_says_when_it_went_and_that_no_answer_came(
    campaign: Campaign, account: GatewayAccount, workshop: Workshop
) -> None:
    message = campaign(CONNECTIONS)

    ended(workshop.dying(account.pk, Point.AFTER_DOT, "KILL"))
    recover(message)

    attempts = Attempt.objects.filter(envelope__message=message)
    assert set(attempts.values_list("phase", "code", "outcome")) == {("dot", None, "uncertain")}
    assert attempts.count() == message_counts(message.pk)["uncertain"]
