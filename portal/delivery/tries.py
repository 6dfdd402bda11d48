"""One envelope on one lane, and what becomes of it."""

from django.utils import timezone

from portal.delivery.answers import Outcome
from portal.delivery.claims import ClaimedEnvelope
from portal.delivery.letters import Stationery
from portal.delivery.models import GatewayAccount, message_id_header
from sms.lane import Mail
from sms.letter import LetterRefused
from sms.retry import Phase, Verdict, judge
from sms.smtp import Reply, SmtpFailure
from sms.stationery import EmailOrder


class Try(Mail):
    """The e-mail of a claimed envelope. Raises ``LetterRefused`` for what cannot be written, and
    ValueError for an address that would break the protocol."""

    __slots__ = ("envelope", "started_at")

    def __init__(
        self,
        envelope: ClaimedEnvelope,
        account: GatewayAccount,
        stationery: Stationery,
        *,
        has_8bitmime: bool,
    ) -> None:
        message = envelope.message
        order = EmailOrder(
            envelope.numbers,
            message.sender_value,
            envelope.text,
            message_id_header(message.reference, envelope.number, message.mail_domain),
            message.created_at,
            is_personal=message.is_personalised,
        )
        content, eight_bit = stationery.mail_bytes(order, server_has_8bitmime=has_8bitmime)
        super().__init__(account.from_address, account.mailbox, content, eight_bit)
        self.envelope = envelope
        self.started_at = timezone.now()

    def failed(self, failure: SmtpFailure) -> Outcome:
        return self._outcome(failure.verdict, failure.phase, *words_of(failure))

    def answered(self, reply: Reply) -> Outcome:
        return self._outcome(judge(Phase.DOT, reply.code), Phase.DOT, reply.code, reply.text)

    def no_dot(self, why: str) -> Outcome:
        """Its dot was not written, so nothing can have been accepted."""
        return put_off(self.envelope, why)

    def _outcome(self, verdict: Verdict, phase: Phase, code: int | None, words: str) -> Outcome:
        return Outcome(self.envelope, verdict, phase, code, words, self.started_at, timezone.now())


def put_off(envelope: ClaimedEnvelope, why: str) -> Outcome:
    """The portal itself could not send it now."""
    now = timezone.now()
    return Outcome(envelope, Verdict.RETRY, Phase.BODY, None, why, now, now, is_our_own=True)


def unwritable(envelope: ClaimedEnvelope, refusal: LetterRefused) -> Outcome:
    """The operator's format has no room for the envelope, and never will have."""
    now, why = timezone.now(), f"letter: {refusal.code}"
    return Outcome(envelope, Verdict.REJECTED, Phase.CONNECT, None, why, now, now, is_our_own=True)


def words_of(failure: SmtpFailure) -> tuple[int | None, str]:
    """The operator's code and words, or no code and the reason."""
    reply = failure.reply
    return (reply.code, reply.text) if reply else (None, failure.reason)


def explained(phase: Phase, code: int | None, reply: str) -> str:
    """The operator's own words with the phase they came in, for people: ``auth: 535 …``."""
    return f"{phase}: {f'{code} ' if code else ''}{reply}"[:500]
