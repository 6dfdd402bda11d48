"""How a gateway account fares: backing off by itself, pausing where only a person can help."""

import logging
import random
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.delivery.answers import Outcome
from portal.delivery.models import GatewayAccount
from sms.retry import Phase, Verdict, backoff

log = logging.getLogger(__name__)


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
    account.paused_reason = words(outcome)
    account.save(update_fields=["paused_reason"])
    event_record(
        action=Action.PAUSED,
        actor=None,
        organisation_id=account.organisation_id,
        obj=account,
        details={"reason": account.paused_reason},
    )
    transaction.on_commit(lambda: _tell_managers(account))


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


def _tell_managers(account: GatewayAccount) -> None:
    managers = User.objects.filter(
        organisation=account.organisation_id, role=Role.MANAGER, is_active=True
    )
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("SMS sending is paused")
        body = _(
            "The operator's server refused the gateway account, so nothing is sent for now:\n\n"
            "%(reason)s\n\n"
            "No message is lost; sending goes on when the administrator has mended it."
        ) % {"reason": account.paused_reason}
    try:
        send_mail(subject, body, None, [manager.email for manager in managers])
    except OSError as error:
        log.warning("managers not told of a paused account: %s", type(error).__name__)
