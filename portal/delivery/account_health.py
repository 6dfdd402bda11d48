"""How a gateway account fares: backing off by itself, pausing where only a person can help."""

import random

from django.db import transaction
from django.utils import timezone

from portal.audit.models import Action
from portal.audit.services import event_record
from portal.delivery.models import GatewayAccount
from sms.retry import backoff

_HEALTH = ("failures", "not_before", "last_failure")


@transaction.atomic
def account_pause(account_id: int, *, because: str) -> None:
    """Send nothing more until a person has mended what the operator refuses."""
    account = _locked(account_id)
    if account.is_paused:
        return
    account.paused_reason, account.pause_told_at = because[:500], None
    account.save(update_fields=["paused_reason", "pause_told_at"])
    event_record(
        action=Action.PAUSED,
        actor=None,
        organisation_id=account.organisation_id,
        obj=account,
        details={"reason": account.paused_reason},
    )


@transaction.atomic
def account_back_off(account_id: int, *, because: str) -> None:
    """Send nothing for a while, longer each time in a row."""
    account = _locked(account_id)
    account.failures += 1
    pause = backoff(account.failures, jitter=random.random())  # noqa: S311 - no secret
    account.not_before = timezone.now() + pause
    account.last_failure = because[:500]
    account.save(update_fields=_HEALTH)


@transaction.atomic
def account_slow(account_id: int, *, because: str) -> None:
    """The operator takes some e-mails and puts others off: say so, and go on."""
    account = _locked(account_id)
    if account.last_failure != because[:500]:
        account.last_failure = because[:500]
        account.save(update_fields=_HEALTH)


@transaction.atomic
def account_recover(account_id: int) -> None:
    """The operator takes e-mails again: waits and words of failures end."""
    account = _locked(account_id)
    if account.failures or account.last_failure:
        account.failures, account.not_before, account.last_failure = 0, None, ""
        account.save(update_fields=_HEALTH)


def _locked(account_id: int) -> GatewayAccount:
    # Its passwords may be what is wrong.
    accounts = GatewayAccount.objects.defer("smtp_password", "sms_password")
    return accounts.select_for_update(no_key=True).get(pk=account_id)
