"""What needs another person's word leaves by no door without it."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from portal.delivery.models import Envelope, State
from portal.messaging.approvals.doors import ApprovalWanted
from portal.messaging.approvals.reasons import Rule
from portal.messaging.models import ApprovalRules
from portal.messaging.services import message_resend
from tests.factories import MemberFactory, OrganisationFactory, submit_message
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db
TWO = ("79210000000", "79210000001")


def rules_of(desk: Desk, **rules: Any) -> None:
    ApprovalRules.objects.create(organisation=desk.organisation, **rules)


def test_a_message_that_a_rule_asks_about_is_refused_with_the_rule_and_what_to_do(
    desk: Desk,
) -> None:
    rules_of(desk, above_recipients=1)
    with pytest.raises(
        ApprovalWanted, match=r"goes to more than 1 recipient.*asked for"
    ) as refusal:
        submit_message(desk.member, *TWO)
    assert [reason.rule for reason in refusal.value.reasons] == [Rule.MANY_RECIPIENTS]
    assert not desk.messages()


def test_a_message_that_no_rule_asks_about_goes_as_ever(desk: Desk) -> None:
    rules_of(desk, above_recipients=2, above_cost=Decimal(100), fresh_import_days=3)
    submit_message(desk.member, *TWO)
    assert len(desk.messages()) == 1


def test_what_was_approved_goes(desk: Desk) -> None:
    rules_of(desk, above_recipients=1)
    submit_message(desk.member, *TWO, is_approved=True)
    assert len(desk.messages()) == 1


def test_the_cost_is_that_of_all_segments() -> None:
    author = MemberFactory(organisation=OrganisationFactory(price_per_segment=Decimal("2.50")))
    ApprovalRules.objects.create(organisation=author.organisation, above_cost=Decimal("9.99"))
    submit_message(author, *TWO)
    with pytest.raises(ApprovalWanted):
        submit_message(author, *TWO, text="Я" * 71)


def test_a_message_planned_for_the_night_is_asked_about_by_the_time_it_leaves() -> None:
    author = MemberFactory()
    ApprovalRules.objects.create(
        organisation=author.organisation, outside_from=time(21), outside_until=time(8)
    )
    zone = author.organisation.zone
    with time_machine.travel("2030-05-17T09:00Z", tick=False) as clock:
        noon = timezone.now().astimezone(zone)
        submit_message(author, due_at=noon.replace(hour=20))
        with pytest.raises(ApprovalWanted):
            submit_message(author, due_at=noon.replace(hour=22))
        clock.move_to("2030-05-17T20:00Z")
        with pytest.raises(ApprovalWanted):
            submit_message(author)


def test_the_rejected_ones_of_what_was_sent_need_no_further_word(desk: Desk) -> None:
    message = submit_message(desk.member, *TWO)
    Envelope.objects.filter(message=message).update(state=State.REJECTED)
    rules_of(desk, above_recipients=1)
    message_resend(message=message, author=desk.member, confirmed=2)
    assert message.resends.count() == 1


def test_a_replay_of_what_was_sent_before_the_rules_finds_its_message(desk: Desk) -> None:
    filled_in = desk.filled_in()
    desk.send(**filled_in)
    rules_of(desk, above_recipients=0)
    answer = desk.send(**filled_in)
    [message] = desk.messages()
    assert answer.headers["Location"].endswith(f"/{message.pk}")
