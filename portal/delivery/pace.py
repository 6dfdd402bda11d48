"""How fast a run may go on one gateway account, learnt from what its operator says.

E-mails that are put off halve the lanes in use; each that is taken lets them grow again. Where the
operator takes none at all the account waits, and where only a person can help it is paused.
"""

import time
from collections.abc import Iterable, Sequence

from portal.delivery.account_health import (
    account_back_off,
    account_pause,
    account_recover,
    account_slow,
)
from portal.delivery.answers import Outcome
from portal.delivery.models import GatewayAccount
from portal.delivery.tries import explained, words_of
from sms.retry import Phase, Verdict
from sms.smtp import SmtpFailure

# Claims are for about this long, so that a pause or a cancel takes effect soon.
CHUNK_SECONDS = 0.5
MOST_CLAIMED = 1000
# While the operator took an e-mail so lately, one that it puts off is no reason to stop.
GOOD_FOR_SECONDS = 10.0
OPEN_AGAIN_SECONDS = 3.0
NEVER = -GOOD_FOR_SECONDS
# So many rejected in a row are the account's fault, not the recipients': a password changed at the
# operator's, say. What is queued is better kept.
MOST_REJECTED_IN_A_ROW = 20


class Pace:
    """``most``: connections that are ours. ``is_marked``: the account bears words of a failure.

    After a failure the first e-mail goes alone: should that be unanswered too, it is the only one.
    """

    def __init__(self, account_id: int, most: int) -> None:
        self.most = most
        self.is_marked = False
        self._account_id = account_id
        self._window = float(most)
        self._good_at = self._bad_at = NEVER
        self._is_trying_out = False
        self._unanswered = self._rejected = 0
        self._opens_at = 0.0
        self._settled = 0
        self._chunk_at = time.monotonic()

    def heed(self, account: GatewayAccount) -> None:
        """Begin carefully where the account has fared badly lately."""
        self.is_marked |= bool(account.failures or account.last_failure)
        if account.failures and self._good_at == NEVER:
            self._is_trying_out, self._window = True, 1.0

    @property
    def limit(self) -> int:
        """How many lanes may be busy."""
        return min(self.most, max(1, int(self._window)))

    @property
    def may_open(self) -> bool:
        return time.monotonic() >= self._opens_at

    def chunk(self) -> int:
        """How many envelopes to claim: about as many as went in half a second lately."""
        now = time.monotonic()
        rate = self._settled / max(now - self._chunk_at, 0.001)
        self._settled, self._chunk_at = 0, now
        return max(2 * self.limit, min(MOST_CLAIMED, int(rate * CHUNK_SECONDS)))

    def must_stop(
        self, outcomes: Sequence[Outcome], refusals: Sequence[SmtpFailure], *, has_lanes: bool
    ) -> bool:
        """Learn from ends of tries and from lanes that could not be opened; whether nothing more
        may be sent on the account for now."""
        if not outcomes and not refusals:
            return False
        self._settled += len(outcomes)
        if pausing := _words(outcomes, refusals, Verdict.PAUSE_ACCOUNT):
            account_pause(self._account_id, because=pausing)
            return True
        now = time.monotonic()
        taken = sum(1 for one in outcomes if one.phase is Phase.DOT and _is_final(one))
        if taken:
            self._good_at, self._is_trying_out = now, False
        if self._rejects_everything(outcomes):
            account_pause(self._account_id, because=_words(outcomes, (), Verdict.REJECTED))
            return True
        if self._is_silent(outcomes):
            words = _words(outcomes, (), Verdict.UNCERTAIN)
            account_back_off(self._account_id, because=words)
            return True
        if refusals:
            self._opens_at = now + OPEN_AGAIN_SECONDS
        if put_off := _words(outcomes, refusals, Verdict.RETRY):
            return self._slow_down(put_off, now, has_lanes=has_lanes)
        self._speed_up(taken, now)
        return False

    def _is_silent(self, outcomes: Sequence[Outcome]) -> bool:
        """One lost answer happens; a server that answers no dot must not get every envelope."""
        for outcome in outcomes:
            if outcome.code:
                self._unanswered = 0
            elif outcome.verdict is Verdict.UNCERTAIN:
                self._unanswered += 1
        return self._unanswered > (0 if self._is_trying_out else self.most)

    def _rejects_everything(self, outcomes: Sequence[Outcome]) -> bool:
        for outcome in outcomes:
            if outcome.verdict is Verdict.ACCEPTED:
                self._rejected = 0
            elif outcome.verdict is Verdict.REJECTED and outcome.code:
                self._rejected += 1
        return self._rejected >= MOST_REJECTED_IN_A_ROW

    def _slow_down(self, words: str, now: float, *, has_lanes: bool) -> bool:
        self._window = max(1.0, min(self._window, self.most) / 2)
        self._bad_at, self.is_marked = now, True
        if now - self._good_at < GOOD_FOR_SECONDS or (has_lanes and self._opens_at > now):
            account_slow(self._account_id, because=words)
            return False
        account_back_off(self._account_id, because=words)
        return True

    def _speed_up(self, taken: int, now: float) -> None:
        self._window = min(float(self.most), self._window + taken / self._window)
        if taken and self.is_marked and now - self._bad_at > GOOD_FOR_SECONDS / 2:
            account_recover(self._account_id)
            self.is_marked = False


def _is_final(outcome: Outcome) -> bool:
    return outcome.verdict in {Verdict.ACCEPTED, Verdict.REJECTED}


def _words(outcomes: Iterable[Outcome], refusals: Iterable[SmtpFailure], verdict: Verdict) -> str:
    """What the operator said that has this verdict, for people; empty where nothing has."""
    for outcome in outcomes:
        if outcome.verdict is verdict and not outcome.is_our_own:
            return explained(outcome.phase, outcome.code, outcome.reply)
    for failure in refusals:
        if failure.verdict is verdict:
            return explained(failure.phase, *words_of(failure))
    return ""
