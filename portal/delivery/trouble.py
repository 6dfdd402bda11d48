"""Why a gateway account sends nothing now, or goes on slower, in words for members."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from portal.delivery.models import GatewayAccount, PlatformStop
from portal.delivery.platform import stop_now
from portal.delivery.replies import failure_words
from sms.retry import Phase


class Cause(StrEnum):
    STOPPED = "stopped"  # by an administrator, for everybody
    PAUSED = "paused"  # by an administrator
    REFUSED = "refused"  # the operator's server refuses the account
    WAITING = "waiting"  # by itself, until the next try
    SLOWED = "slowed"  # goes on


@dataclass(frozen=True)
class Trouble:
    """``raw``: an administrator's reason where ``is_by_administrator``, else what the server said,
    which ``words`` explain. ``until``: when a wait ends."""

    cause: Cause
    words: str
    raw: str
    until: datetime | None = None

    @property
    def is_paused(self) -> bool:
        """Whether nothing goes until a person lets it."""
        return self.cause in {Cause.STOPPED, Cause.PAUSED, Cause.REFUSED}

    @property
    def is_by_administrator(self) -> bool:
        return self.cause in {Cause.STOPPED, Cause.PAUSED}

    @property
    def is_for_everybody(self) -> bool:
        return self.cause is Cause.STOPPED

    @property
    def is_slowed(self) -> bool:
        return self.cause is Cause.SLOWED


def trouble_of(account: GatewayAccount, *, now: datetime) -> Trouble | None:
    """What keeps the account's messages waiting; None where nothing does."""
    return trouble_under(stop_now(), account, now=now)


def trouble_under(
    stop: PlatformStop | None, account: GatewayAccount, *, now: datetime
) -> Trouble | None:
    """The same where the platform's stop, or that there is none, is known."""
    if stop is not None:
        return Trouble(Cause.STOPPED, "", stop.because)
    if account.is_paused:
        return _pause(account)
    words = failure_words(account.last_failure)
    if account.not_before and account.not_before > now:
        return Trouble(Cause.WAITING, words, account.last_failure, account.not_before)
    if account.last_failure and not account.failures:
        return Trouble(Cause.SLOWED, words, account.last_failure)
    return None


def _pause(account: GatewayAccount) -> Trouble:
    words = "" if account.paused_by_id else failure_words(account.paused_reason)
    if words and account.paused_reason.startswith(f"{Phase.DOT}: "):
        words = _("The operator rejected many e-mails in a row.") + f" {words}"
    return Trouble(Cause.REFUSED if words else Cause.PAUSED, words, account.paused_reason)
