"""The operator's answers to queued envelopes, through delivery's own steps but without a server."""

from datetime import datetime, timedelta

from django.utils import timezone

from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import Claimed, claims_end, envelopes_claim
from portal.delivery.models import GatewayAccount, HeldBecause, Message, OutboxEntry
from sms.retry import Phase, Verdict

ACCEPTED = (Verdict.ACCEPTED, Phase.DOT, 250, "2.0.0 queued")
REJECTED = (Verdict.REJECTED, Phase.DOT, 550, "5.7.1 sender not registered")
UNCERTAIN = (Verdict.UNCERTAIN, Phase.DOT, None, "connection closed")
BUSY = (Verdict.RETRY, Phase.MAIL, 450, "4.2.1 mailbox busy")

Answer = tuple[Verdict, Phase, int | None, str]


def answer(message: Message, *answers: Answer) -> None:
    """Hand the organisation's next due envelopes over, one for each answer, in order."""
    now = timezone.now() + timedelta(seconds=1)
    claim = hand_over(message, len(answers), now=now)
    told = zip(claim.envelopes, answers, strict=True)
    outcomes_record([Outcome(envelope, *reply, now, now) for envelope, reply in told], now=now)
    claims_end([claim.token], unsent=[], now=now)


def hand_over(message: Message, count: int, *, now: datetime) -> Claimed:
    """Write the dots of the organisation's next due envelopes, without an answer yet."""
    claim = take(message, count, now=now)
    group_commit(outcomes=[], passing=claim.envelopes, now=now)
    return claim


def take(message: Message, count: int, *, now: datetime) -> Claimed:
    """Claim the organisation's next due envelopes, as a worker does before it sends them."""
    account = GatewayAccount.objects.get(organisation=message.organisation_id)
    return envelopes_claim(account_id=account.pk, most=count, now=now)


def hold(message: Message, because: HeldBecause = HeldBecause.AUTHOR_DISABLED) -> None:
    """As a claim does that finds that the message may no longer be sent."""
    OutboxEntry.objects.filter(message=message).update(held_because=because)
