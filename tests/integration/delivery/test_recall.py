"""A recall and the claims that meet it."""

from collections.abc import Callable
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from portal.audit.models import Action
from portal.audit.models import Event as Record
from portal.core.errors import Conflict
from portal.delivery.answers import group_commit
from portal.delivery.claims import Claimed, envelopes_claim
from portal.delivery.decisions import message_cancel, message_pause
from portal.delivery.models import GatewayAccount
from portal.delivery.recall import claims_recall
from tests.factories import MemberFactory, submit_message
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def claim(most: int = 10) -> Claimed:
    account = GatewayAccount.objects.get()
    return envelopes_claim(account_id=account.pk, most=most, now=timezone.now())


def test_a_pause_waits_for_the_claim_that_began_before_it_and_takes_back_what_it_took() -> None:
    author = MemberFactory()
    message = submit_message(author)
    has_claimed, taken = Event(), []

    def claim_slowly() -> None:
        with transaction.atomic():
            taken.extend(claim().envelopes)
            has_claimed.set()

    def pause() -> None:
        assert has_claimed.wait(timeout=30)
        message_pause(message=message, actor=author)

    assert at_once(claim_slowly, pause) == [None, None]

    assert len(taken) == 1
    assert group_commit(outcomes=[], passing=taken, now=timezone.now()) == set()


def test_what_is_being_handed_over_at_this_moment_is_not_waited_for() -> None:
    message = submit_message(MemberFactory())
    [held] = claim().envelopes
    is_handing_over, was_recalled = Event(), Event()

    def hand_over() -> object:
        with transaction.atomic():
            passed = group_commit(outcomes=[], passing=[held], now=timezone.now())
            is_handing_over.set()
            assert was_recalled.wait(timeout=30)
        return passed

    def recall() -> object:
        assert is_handing_over.wait(timeout=30)
        count = claims_recall(message_id=message.pk)
        was_recalled.set()
        return count

    assert at_once(hand_over, recall) == [{held.key}, 0]


def test_a_recall_of_one_message_leaves_the_others_with_their_workers() -> None:
    author = MemberFactory()
    first, second = submit_message(author), submit_message(author)
    held = claim().envelopes

    assert claims_recall(message_id=first.pk) == 1

    passed = group_commit(outcomes=[], passing=held, now=timezone.now())
    assert passed == {one.key for one in held if one.message == second}


@pytest.mark.parametrize("decide", [message_pause, message_cancel])
def test_of_two_presses_at_once_one_is_told_that_it_comes_too_late(
    decide: Callable[..., object],
) -> None:
    author = MemberFactory()
    message = submit_message(author, *[f"7921000{number:04}" for number in range(200)])

    def press() -> str:
        try:
            decide(message=message, actor=author)
        except Conflict:
            return "too late"
        return "done"

    assert sorted(at_once(press, press), key=str) == ["done", "too late"]
    assert Record.objects.exclude(action=Action.SUBMITTED).count() == 1
