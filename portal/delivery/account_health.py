"""How a gateway account fares: backing off by itself, pausing where only a person can help."""

import random
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from portal.audit.models import Action
from portal.audit.services import event_record
from portal.delivery.answers import Outcome
from portal.delivery.models import GatewayAccount
from sms.retry import Phase, Verdict, backoff


@transaction.atomic
def health_record(*, account_id: int, outcomes: Sequence[Outcome], is_silent: bool) -> bool:
    """Draw the account's conclusions from a group of outcomes; whether it must stop for now.

    A refusal that only a person can mend pauses it. A failure before the dot makes the whole
    account wait, longer each time; so does a server that has answered no dot for a while
    (``is_silent``). An answered dot ends the waiting.
    """
    account = GatewayAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    if pausing := _first(outcomes, Verdict.PAUSE_ACCOUNT):
        _pause(account, pausing)
        return True
    if any(outcome.phase == Phase.DOT and outcome.code for outcome in outcomes):
        _recovered(account)
        return False
    failed = _first(outcomes, Verdict.UNCERTAIN if is_silent else Verdict.RETRY)
    if failed:
        _back_off(account, failed)
    return is_silent


def _first(outcomes: Sequence[Outcome], verdict: Verdict) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.verdict == verdict), None)


def _pause(account: GatewayAccount, outcome: Outcome) -> None:
    if account.is_paused:
        return
    account.paused_reason, account.pause_told_at = words(outcome), None
    account.save(update_fields=["paused_reason", "pause_told_at"])
    event_record(
        action=Action.PAUSED,
        actor=None,
        organisation_id=account.organisation_id,
        obj=account,
        details={"reason": account.paused_reason},
    )


def _back_off(account: GatewayAccount, outcome: Outcome) -> None:
    account.failures += 1
    pause = backoff(account.failures, jitter=random.random())  # noqa: S311
    account.not_before = timezone.now() + pause
    account.last_failure = words(outcome)
    account.save(update_fields=["failures", "not_before", "last_failure"])


def _recovered(account: GatewayAccount) -> None:
    if account.failures or account.last_failure:
        account.failures, account.not_before, account.last_failure = 0, None, ""
        account.save(update_fields=["failures", "not_before", "last_failure"])


def words(outcome: Outcome) -> str:
    """The operator's own words with the phase they came in, for people: ``auth: 535 …``."""
    code = f"{outcome.code} " if outcome.code else ""
    return f"{outcome.phase}: {code}{outcome.reply}"[:500]
