"""What a message's page counts without looking at its envelopes is what their rows say."""

import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db.models import Count
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.core.errors import Conflict
from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import Claimed, ClaimedEnvelope, claims_end, envelopes_claim
from portal.delivery.decisions import message_cancel, message_pause, message_resume
from portal.delivery.models import (
    Claim,
    GatewayAccount,
    Message,
    OutboxEntry,
    Recipient,
    SkippedBecause,
    State,
)
from portal.delivery.selectors import message_counts, stored_counts
from portal.delivery.skips import skips_write
from portal.delivery.sweep import claims_sweep, outbox_close
from portal.delivery.uncertain import (
    envelope_send_again,
    envelope_was_not_sent,
    envelope_was_sent,
    uncertain_of,
    uncertain_settle,
)
from portal.delivery.withdrawal import cancel_what_came_back, expire_what_is_late
from tests.factories import MemberFactory, submit_message
from tests.integration.history.answers import ACCEPTED, BUSY, REJECTED, UNCERTAIN

pytestmark = pytest.mark.django_db

NUMBERS = tuple(f"7921000{n:04d}" for n in range(40))
STEPS = 80


@pytest.fixture(autouse=True)
def nobody_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("outbox", "decisions", "uncertain"):
        monkeypatch.setattr(f"portal.delivery.{module}.ring", lambda _account_id: None)


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(role=Role.MANAGER)
    submit_message(author)
    GatewayAccount.objects.update(numbers_per_email=3)
    OutboxEntry.objects.update(due_at=timezone.now() + timedelta(days=1))
    return author


def counted(message: Message) -> Mapping[str, int]:
    states = Recipient.objects.filter(message=message).values_list("envelope__state")
    return dict(states.annotate(Count("pk")).order_by())


class Worker:
    """Does what workers, sweeps and people do to one message, in any order."""

    def __init__(self, message: Message, dice: random.Random) -> None:
        self.message, self.dice = message, dice
        self.now = timezone.now()
        self.claims: list[Claimed] = []
        self.passed: list[ClaimedEnvelope] = []

    def step(self) -> None:
        self.now += timedelta(seconds=self.dice.choice((0, 1, 40)))
        often = [self.claim, self.hand_over, self.hear, self.end_claim]
        step = self.dice.choice([*often, *often, self.vanish, self.decide, self.pause, self.close])
        with suppress(Conflict):
            step()

    def claim(self) -> None:
        account = GatewayAccount.objects.get()
        most = self.dice.randint(1, 5)
        self.claims.append(envelopes_claim(account_id=account.pk, most=most, now=self.now))

    def hand_over(self) -> None:
        held = [one for claim in self.claims for one in claim.envelopes]
        passing = self.dice.sample(held, min(len(held), 3))
        passed = group_commit(outcomes=[], passing=passing, now=self.now)
        self.passed += [one for one in passing if one.key in passed]

    def hear(self) -> None:
        self.dice.shuffle(self.passed)
        heard, self.passed = self.passed[:3], self.passed[3:]
        outcomes_record([self._outcome(one) for one in heard], now=self.now)

    def _outcome(self, one: ClaimedEnvelope) -> Outcome:
        answer = self.dice.choice((ACCEPTED, ACCEPTED, REJECTED, UNCERTAIN, BUSY))
        return Outcome(one, *answer, self.now, self.now)

    def end_claim(self) -> None:
        """As a run ends: its dots are answered first."""
        while self.passed:
            self.hear()
        for claim in self.claims:
            unsent = [one.key for one in claim.envelopes]
            claims_end([], unsent=unsent, now=self.now)
            claims_end([claim.token], unsent=[], now=self.now)
        self.claims = []

    def vanish(self) -> None:
        Claim.objects.update(lease_until=self.now)
        claims_sweep(now=self.now)
        self.claims, self.passed = [], []

    def decide(self) -> None:
        actor = self.message.author
        uncertain = self.message.envelopes.filter(state=State.UNCERTAIN).order_by("?").first()
        if uncertain is None:
            return
        state = self.dice.choice((State.ACCEPTED, State.REJECTED, State.REPLACED))
        if self.dice.random() < 0.5:
            people = uncertain_of(self.message).recipients
            uncertain_settle(message=self.message, settled_as=state, confirmed=people, actor=actor)
            return
        one_by_one = {
            State.ACCEPTED: envelope_was_sent,
            State.REJECTED: envelope_was_not_sent,
            State.REPLACED: envelope_send_again,
        }
        one_by_one[state](envelope=uncertain, actor=actor)

    def pause(self) -> None:
        message_pause(message=self.message, actor=self.message.author)
        message_resume(message=self.message, actor=self.message.author)

    def close(self) -> None:
        cancel_what_came_back()
        outbox_close()

    def stop_for_good(self) -> None:
        if self.dice.random() < 0.5:
            message_cancel(message=self.message, actor=self.message.author)
        else:
            Message.objects.filter(pk=self.message.pk).update(
                due_at=self.now - timedelta(days=2), expires_at=self.now - timedelta(days=1)
            )
            expire_what_is_late(now=self.now)


@pytest.mark.parametrize("seed", range(10))
def test_the_counts_are_those_of_the_envelopes_after_every_step(author: User, seed: int) -> None:
    GatewayAccount.objects.update(numbers_per_email=1 + seed % 3)
    message = submit_message(author, *NUMBERS)
    worker = Worker(message, random.Random(seed))

    for number in range(STEPS):
        worker.step()
        if number == STEPS * 2 // 3:
            with suppress(Conflict):
                worker.stop_for_good()
        assert message_counts(message.pk) == counted(message)


def test_what_was_sent_again_counts_once_but_is_paid_twice(author: User) -> None:
    message = submit_message(author, *NUMBERS)
    worker = Worker(message, random.Random(0))
    worker.claim()
    worker.passed = [
        one
        for one in worker.claims[0].envelopes
        if one.key in group_commit(outcomes=[], passing=[one], now=worker.now)
    ]
    first = worker.passed.pop()
    outcomes_record([Outcome(first, *UNCERTAIN, worker.now, worker.now)], now=worker.now)

    envelope_send_again(envelope=message.envelopes.get(pk=first.id), actor=author)

    assert stored_counts([message])[message.pk][State.REPLACED] == len(first.numbers)
    assert sum(message_counts(message.pk).values()) == len(NUMBERS)


def test_who_is_skipped_is_not_taken_for_accepted(author: User) -> None:
    message = submit_message(author, *NUMBERS)
    skips_write(message, [("79219999999", "", SkippedBecause.STOP_LIST, "")])

    assert message_counts(message.pk) == {State.QUEUED: len(NUMBERS), State.SKIPPED: 1}


def test_a_message_without_a_place_and_without_counts_is_counted_by_its_envelopes(
    author: User,
) -> None:
    message = submit_message(author, *NUMBERS)
    OutboxEntry.objects.filter(message=message).delete()

    assert message_counts(message.pk) == {State.QUEUED: len(NUMBERS)}
