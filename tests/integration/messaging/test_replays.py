"""The same order again: it is one message, whatever the rules say by then."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.accounts.models import User
from portal.delivery.models import Message
from portal.messaging.mailings.services import mailing_confirm
from portal.messaging.models import ApprovalRules, Mailing
from portal.messaging.services import FormKeyTaken
from portal.senders.models import SenderName
from tests.factories import MemberFactory, submit_message
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    return MemberFactory()


def test_a_replay_after_the_time_has_passed_is_the_message_queued_before(author: User) -> None:
    due_at = timezone.now() + timedelta(minutes=5)
    message = submit_message(author, due_at=due_at, form_key="k")

    with time_machine.travel(due_at + timedelta(minutes=1)):
        again = submit_message(author, due_at=due_at, form_key="k")

    assert again == message
    assert Message.objects.count() == 1


def test_the_same_moment_by_another_clock_is_the_same_order(author: User) -> None:
    due_at = timezone.now() + timedelta(minutes=5)
    message = submit_message(author, due_at=due_at, form_key="k")

    moscow = timezone.get_fixed_timezone(180)
    assert submit_message(author, due_at=due_at.astimezone(moscow), form_key="k") == message


def test_a_replay_after_the_sender_name_was_revoked_leads_to_the_message(desk: Desk) -> None:
    filled_in = desk.filled_in()
    sent = desk.send(**filled_in)
    SenderName.objects.update(state="revoked")

    assert desk.send(**filled_in).headers["Location"] == sent.headers["Location"]
    assert len(desk.messages()) == 1


def test_other_content_under_the_key_is_refused_as_such_though_it_breaks_a_rule_too(
    author: User,
) -> None:
    submit_message(author, form_key="k")

    with pytest.raises(FormKeyTaken):
        submit_message(author, form_key="k", text="")


def test_anothers_message_under_the_key_is_not_ones_own(author: User) -> None:
    submit_message(author, form_key="k")
    colleague = MemberFactory(organisation=author.organisation)

    with pytest.raises(FormKeyTaken):
        submit_message(colleague, form_key="k")

    assert Message.objects.count() == 1


def test_a_bad_number_beside_the_known_ones_is_other_content(desk: Desk) -> None:
    filled_in = desk.filled_in()
    desk.send(**filled_in)

    response = desk.send(**{**filled_in, "numbers": f"{filled_in['numbers']}, сто"})

    assert response.status_code == 409


def test_a_form_that_became_a_mailing_sends_nothing_beside_it(desk: Desk) -> None:
    """Not even once no rule asks any more: the mailing may have left since."""
    rules = ApprovalRules.objects.create(organisation=desk.organisation, above_recipients=0)
    filled_in = desk.filled_in()
    desk.send(**filled_in)
    mailing = Mailing.objects.get(form_key=filled_in["form_key"])
    mailing_confirm(mailing=mailing, actor=desk.member, snapshot_hash=mailing.snapshot_hash)
    rules.delete()

    response = desk.send(**filled_in)

    assert response.status_code == 200
    assert "A mailing was made of this form already" in response.content.decode()
    assert not desk.messages()
