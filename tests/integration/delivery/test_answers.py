"""Answers are recorded once, however often a lost commit is tried again."""

from decimal import Decimal

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.billing.services import balance, top_up
from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import envelopes_claim
from portal.delivery.models import Attempt, GatewayAccount
from portal.delivery.selectors import message_counts
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, BUSY, REJECTED, UNCERTAIN

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr("portal.delivery.outbox.ring", lambda _account_id: None)
    author: User = MemberFactory(organisation=OrganisationFactory(prepaid=True))
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=1)
    top_up(organisation=author.organisation, amount=Decimal(10), actor=AdministratorFactory())
    return author


def test_answers_that_are_recorded_twice_leave_one_try_each_and_move_money_once(
    author: User,
) -> None:
    message = submit_message(author, *(f"7921000000{n}" for n in range(4)))
    now = timezone.now()
    account = GatewayAccount.objects.get()
    envelopes = envelopes_claim(account_id=account.pk, most=4, now=now).envelopes
    group_commit(outcomes=[], passing=envelopes, now=now)
    told = zip(envelopes, (ACCEPTED, REJECTED, UNCERTAIN, BUSY), strict=True)
    outcomes = [Outcome(envelope, *answer, now, now) for envelope, answer in told]

    outcomes_record(outcomes, now=now)
    outcomes_record(outcomes, now=now)

    tries = Attempt.objects.order_by("envelope__number").values_list("outcome", flat=True)
    assert list(tries) == ["rejected", "uncertain", "retry"]
    assert message_counts(message.pk) == {
        "accepted": 1,
        "rejected": 1,
        "uncertain": 1,
        "queued": 1,
    }
    assert message.envelopes.get(number=4).tries == 1
    money = balance(author.organisation)
    assert (money.available, money.reserved) == (Decimal("2.50"), Decimal("5.00"))


def test_the_next_try_of_an_envelope_is_another_one(author: User) -> None:
    submit_message(author)
    account = GatewayAccount.objects.get()
    for _ in range(2):
        now = timezone.now()
        [envelope] = envelopes_claim(account_id=account.pk, most=1, now=now).envelopes
        outcomes_record([Outcome(envelope, *BUSY, now, now)], now=now)
        envelope.message.envelopes.update(retry_at=now)

    assert Attempt.objects.count() == 2
