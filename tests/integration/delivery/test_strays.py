"""Envelopes in a state that no claim answers for, as only a fault of ours could leave them."""

import uuid

from django.utils import timezone

from portal.accounts.models import User
from portal.delivery.claims import envelopes_claim
from portal.delivery.models import Claim, Envelope, GatewayAccount
from portal.delivery.selectors import message_counts
from portal.delivery.sweep import sweep_outbox
from tests.factories import submit_message
from tests.integration.delivery.engine_run import deliver, numbers, numbers_in


def claim_all(account: GatewayAccount) -> None:
    envelopes_claim(account_id=account.pk, most=100, now=timezone.now())


def test_what_was_claimed_by_nobody_is_sent_after_the_next_sweep(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *numbers(5))
    claim_all(account)
    Claim.objects.all().delete()

    assert deliver(account) == []
    sweep_outbox()

    assert numbers_in(deliver(account)) == dict.fromkeys(numbers(5), 1)
    assert message_counts(message.pk) == {"accepted": 5}


def test_what_was_promised_by_nobody_is_uncertain_after_the_next_sweep(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *numbers(3))
    claim_all(account)
    Claim.objects.all().delete()
    Envelope.objects.filter(number=1).update(
        state="transmitting", token=uuid.uuid4(), transmitting_at=timezone.now()
    )

    sweep_outbox()

    assert message_counts(message.pk) == {"uncertain": 1, "queued": 2}


def test_what_a_living_claim_answers_for_is_left_to_it(
    account: GatewayAccount, author: User
) -> None:
    message = submit_message(author, *numbers(3))
    claim_all(account)
    token = Claim.objects.get().token
    Envelope.objects.filter(number=1).update(
        state="transmitting", token=token, transmitting_at=timezone.now()
    )

    sweep_outbox()

    assert message_counts(message.pk) == {"transmitting": 1, "queued": 2}
    assert not Envelope.objects.exclude(retry_at=None).exists()
