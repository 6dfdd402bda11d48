"""A recall and the claims that meet it."""

from collections.abc import Callable
from threading import Event
from typing import NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.models import Event as Record
from portal.contacts.models import StopSource
from portal.contacts.stop_list.services import stop_list_add
from portal.core.errors import Conflict
from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import (
    Claimed,
    ClaimedEnvelope,
    claims_end,
    envelopes_claim,
    envelopes_still_claimed,
)
from portal.delivery.decisions import message_cancel, message_pause, message_resume
from portal.delivery.models import Claim, GatewayAccount, State
from portal.delivery.recall import claims_recall
from portal.delivery.sweep import claims_sweep
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message
from tests.integration.history.answers import BUSY, REJECTED, Answer
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Twice(NamedTuple):
    old: ClaimedEnvelope
    new: ClaimedEnvelope


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


def claimed_twice(
    *phones: str, meanwhile: Callable[[User], object] = lambda _author: None
) -> Twice:
    """What two claims have of one e-mail, which was recalled from the first."""
    author = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=80)
    message = submit_message(author, *phones)
    [old] = claim().envelopes
    message_pause(message=message, actor=author)
    message_resume(message=message, actor=author)
    meanwhile(author)
    [new] = claim().envelopes
    return Twice(old, new)


def test_whoever_claimed_an_email_before_its_recall_does_not_send_to_a_number_stopped_since() -> (
    None
):
    def stop(author: User) -> None:
        stop_list_add(
            organisation=author.organisation,
            phones=["79210000001"],
            reason="",
            source=StopSource.HAND,
            actor=author,
        )

    old, new = claimed_twice("79210000001", "79210000002", meanwhile=stop)

    assert new.numbers == ("79210000002",)
    now = timezone.now()
    assert group_commit(outcomes=[], passing=[old], now=now) == set()
    assert group_commit(outcomes=[], passing=[old, new], now=now) == {new.key}


def test_of_two_claims_of_an_email_the_newer_alone_lets_it_pass() -> None:
    old, new = claimed_twice("79210000001")

    assert envelopes_still_claimed([old.key, new.key]) == {new.key}
    assert group_commit(outcomes=[], passing=[new, old], now=timezone.now()) == {new.key}


@pytest.mark.parametrize("answer", [BUSY, REJECTED])
def test_what_becomes_of_an_old_claim_s_try_is_not_said_of_an_email_claimed_anew(
    answer: Answer,
) -> None:
    old, new = claimed_twice("79210000001")
    now = timezone.now()

    outcomes_record([Outcome(old, *answer, now, now)], now=now)
    claims_end([old.token], unsent=[old.key], now=now)

    assert group_commit(outcomes=[], passing=[new], now=now) == {new.key}


def test_an_old_claim_that_runs_out_leaves_an_email_to_whoever_claimed_it_anew() -> None:
    old, new = claimed_twice("79210000001")
    now = timezone.now()
    Claim.objects.filter(token=old.token).update(lease_until=now)

    assert claims_sweep(now=now) == (0, 0)

    assert group_commit(outcomes=[], passing=[new], now=now) == {new.key}


def test_an_email_claimed_anew_can_be_cancelled() -> None:
    _old, new = claimed_twice("79210000001")

    message_cancel(message=new.message, actor=new.message.author)

    assert group_commit(outcomes=[], passing=[new], now=timezone.now()) == set()
    assert new.message.envelopes.get().state == State.CANCELLED
