"""The talk with the operator's server for one group of envelopes, phase by phase.

Nothing here touches the database: the engine commits between the phases.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from sms.smtp import Reply, Session, SmtpFailure

from portal.delivery.answers import Outcome
from portal.delivery.letters import mail_bytes
from portal.delivery.models import Envelope, GatewayAccount
from sms.letter import LetterRefused
from sms.retry import Phase, Verdict, judge


@dataclass(frozen=True)
class Try:
    """One envelope on one session, from MAIL to the operator's answer."""

    envelope: Envelope
    session: Session
    started_at: datetime

    def outcome(self, verdict: Verdict, phase: Phase, code: int | None, reply: str) -> Outcome:
        assert self.envelope.token is not None, "only claimed envelopes are tried"
        return Outcome(
            envelope_id=self.envelope.pk,
            token=self.envelope.token,
            verdict=verdict,
            phase=phase,
            code=code,
            reply=reply,
            started_at=self.started_at,
            ended_at=timezone.now(),
            tries=self.envelope.tries,
        )

    def failed(self, failure: SmtpFailure) -> Outcome:
        reply = failure.reply
        return self.outcome(
            failure.verdict,
            failure.phase,
            reply.code if reply else None,
            reply.text if reply else failure.reason,
        )

    def answered(self, reply: Reply) -> Outcome:
        return self.outcome(judge(Phase.DOT, reply.code), Phase.DOT, reply.code, reply.text)


async def begin_all(tries: Sequence[Try], account: GatewayAccount) -> Mapping[int, Outcome]:
    """Bring every session to "body sent, dot withheld"; the outcomes of those that failed,
    by envelope id."""
    results = await asyncio.gather(*(_begin(one, account) for one in tries))
    return {outcome.envelope_id: outcome for outcome in results if outcome}


async def _begin(one: Try, account: GatewayAccount) -> Outcome | None:
    session = one.session
    try:
        if not session.usable:
            await session.open()
        content, eight_bit = mail_bytes(
            one.envelope, account, server_has_8bitmime=session.has_8bitmime
        )
        await session.begin(
            mail_from=account.from_address,
            mailbox=account.mailbox,
            content=content,
            eight_bit=eight_bit,
        )
    except SmtpFailure as failure:
        await _leave_usable_or_closed(session)
        return one.failed(failure)
    except LetterRefused as refusal:
        # The account's credentials cannot be written: no fault of the recipients.
        return one.outcome(Verdict.PAUSE_ACCOUNT, Phase.CONNECT, None, f"letter: {refusal.code}")
    return None


async def answer(one: Try) -> Outcome:
    """Write the dot and wait for the operator's word; silence is uncertain."""
    try:
        reply = await one.session.commit()
    except SmtpFailure as failure:
        one.session.abort()
        return one.failed(failure)
    await _leave_usable_or_closed(one.session)
    return one.answered(reply)


async def _leave_usable_or_closed(session: Session) -> None:
    try:
        if session.usable:
            await session.reset()
    except SmtpFailure:
        session.abort()


async def close_all(sessions: Sequence[Session]) -> None:
    await asyncio.gather(*(session.close() for session in sessions))
