"""The talk with the operator's server for one group of envelopes, phase by phase.

Nothing here touches the database: the engine commits between the phases.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from portal.delivery.answers import Outcome
from portal.delivery.letters import mail_bytes
from portal.delivery.models import Envelope, GatewayAccount
from sms.letter import LetterRefused
from sms.retry import Phase, Verdict, judge
from sms.smtp import Reply, Server, Session, SmtpFailure

log = logging.getLogger(__name__)

# How many times the limit of one step the whole way to the dot may take.
SLOWEST_BEGIN = 3


@dataclass
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


async def begin_all(
    tries: Sequence[Try], account: GatewayAccount, server: Server
) -> Mapping[int, Outcome]:
    """Bring every session to "body sent, dot withheld"; the outcomes of those that failed,
    by envelope id."""
    results = await asyncio.gather(*(_begin(one, account, server) for one in tries))
    return {outcome.envelope_id: outcome for outcome in results if outcome}


async def _begin(one: Try, account: GatewayAccount, server: Server) -> Outcome | None:
    try:
        # Each step has its own limit; a server that is slow in all of them has this one.
        async with asyncio.timeout(SLOWEST_BEGIN * server.timeout):
            await _bring_to_dot(one, account, server)
    except SmtpFailure as failure:
        return one.failed(failure)
    except TimeoutError:
        return one.outcome(Verdict.RETRY, Phase.BODY, None, "timed out")
    except LetterRefused as refusal:
        # The account's credentials cannot be written: no fault of the recipients.
        return one.outcome(Verdict.PAUSE_ACCOUNT, Phase.CONNECT, None, f"letter: {refusal.code}")
    except ValueError:
        return one.outcome(Verdict.PAUSE_ACCOUNT, Phase.MAIL, None, "e-mail cannot be written")
    except Exception as error:
        # One letter that trips over a fault of ours must not stop the others. Its traceback could
        # hold the password.
        one.session.abort()
        log.error("envelope %s: %s before the dot", one.envelope.pk, type(error).__name__)  # noqa: TRY400
        return one.outcome(Verdict.RETRY, Phase.BODY, None, "internal error of the portal")
    return None


async def _bring_to_dot(one: Try, account: GatewayAccount, server: Server) -> None:
    session = await _open_session(one, server)
    content, eight_bit = mail_bytes(one.envelope, account, server_has_8bitmime=session.has_8bitmime)
    await session.begin(
        mail_from=account.from_address,
        mailbox=account.mailbox,
        content=content,
        eight_bit=eight_bit,
    )


async def _open_session(one: Try, server: Server) -> Session:
    # The server may have dropped an idle session; two rounds of the loop bring the news.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if not one.session.usable:
        one.session = Session(server)
        await one.session.open()
    return one.session


async def answer(one: Try, *, not_after: datetime) -> Outcome:
    """Write the dot and wait for the operator's word; silence is uncertain.

    A worker that stood still past its lease writes none: the envelope may have been called
    uncertain since, and sent again by a person.
    """
    if timezone.now() >= not_after:
        one.session.abort()
        return one.outcome(Verdict.RETRY, Phase.BODY, None, "too late for the dot")
    try:
        return one.answered(await one.session.commit())
    except SmtpFailure as failure:
        one.session.abort()
        return one.failed(failure)


async def close_all(sessions: Sequence[Session]) -> None:
    await asyncio.gather(*(session.close() for session in sessions))
