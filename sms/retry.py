"""What to do after a failed try: pure policy, no clock and no chance of its own."""

from datetime import timedelta
from enum import StrEnum


class Phase(StrEnum):
    """How far the talk with the operator's server had come."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    RETRY = "retry"
    PAUSE_ACCOUNT = "pause_account"


_SHORTEST = 20.0
_LONGEST = 15 * 60.0
# Doubling further than this only overflows; the cap was reached long before.
_LAST_DOUBLING = 16


def judge(phase: Phase, code: int | None) -> Verdict:
    """What a reply `code` in `phase` means; None is no reply, or one that made no sense.

    Before the dot nothing can have been accepted, so a retry is always safe, and a permanent
    refusal there is the account's fault. After the dot only a clear reply leads out of UNCERTAIN.
    """
    kind = code // 100 if code is not None else None
    if phase is Phase.DOT:
        after_dot = {2: Verdict.ACCEPTED, 4: Verdict.RETRY, 5: Verdict.REJECTED}
        return after_dot.get(kind or 0, Verdict.UNCERTAIN)
    return Verdict.PAUSE_ACCOUNT if kind == 5 else Verdict.RETRY


def backoff(attempt: int, *, jitter: float) -> timedelta:
    """The pause before retry number `attempt` (from 1), spread by `jitter` in [0, 1).

    10 to 20 s first, doubling, and never over 15 minutes. Raises ValueError outside those ranges.
    """
    if attempt < 1:
        raise ValueError("attempt counts from 1")
    if not 0 <= jitter < 1:
        raise ValueError("jitter must be in [0, 1)")
    longest = min(_LONGEST, _SHORTEST * 2.0 ** min(attempt - 1, _LAST_DOUBLING))
    return timedelta(seconds=longest * (1 + jitter) / 2)
