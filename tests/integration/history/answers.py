"""The operator's answers to queued envelopes, through delivery's own steps but without a server."""

from datetime import timedelta

from django.utils import timezone

from portal.delivery.answers import Outcome, outcomes_record
from portal.delivery.claims import envelopes_claim, pass_point_of_no_return
from portal.delivery.models import GatewayAccount, Message
from sms.retry import Phase, Verdict

ACCEPTED = (Verdict.ACCEPTED, Phase.DOT, 250, "2.0.0 queued")
REJECTED = (Verdict.REJECTED, Phase.DOT, 550, "5.7.1 sender not registered")
UNCERTAIN = (Verdict.UNCERTAIN, Phase.DOT, None, "connection closed")
BUSY = (Verdict.RETRY, Phase.MAIL, 450, "4.2.1 mailbox busy")

Answer = tuple[Verdict, Phase, int | None, str]


def answer(message: Message, *answers: Answer) -> None:
    """Hand the organisation's next due envelopes over, one for each answer, in order."""
    now = timezone.now() + timedelta(seconds=1)
    account = GatewayAccount.objects.get(organisation=message.organisation_id)
    claim = envelopes_claim(account_id=account.pk, most=len(answers), now=now)
    pass_point_of_no_return(
        envelope_ids=[envelope.pk for envelope in claim.envelopes], token=claim.token, now=now
    )
    outcomes_record(
        [
            Outcome(envelope.pk, claim.token, *told, now, now, envelope.tries)
            for envelope, told in zip(claim.envelopes, answers, strict=True)
        ]
    )
