"""Writes to gateway accounts, and the way to their servers."""

import asyncio
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.administrators import refuse_unless_administrator
from portal.accounts.models import Organisation, User
from portal.audit.changes import field_changes
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Conflict, Refused
from portal.delivery.connection_words import (
    ConnectionReport,
    report_of_failure,
    report_of_success,
)
from portal.delivery.doorbell import ring
from portal.delivery.gateway_rules import check_gateway
from portal.delivery.models import GatewayAccount
from portal.delivery.recall import claims_recall
from sms.smtp import Security, Server, SmtpFailure, probe

SECRET_FIELDS = frozenset({"smtp_password", "sms_password"})
# What a refusal by the server can have been about: another value deserves another try.
_CONNECTION_FIELDS = SECRET_FIELDS | {
    "host",
    "port",
    "security",
    "smtp_user",
    "from_address",
    "mailbox",
    "sms_user",
}
CHANGEABLE_FIELDS = _CONNECTION_FIELDS | {
    "transfer_encoding",
    "numbers_per_email",
    "connections",
    "per_minute",
    "dynamic_sender",
    "cabinet_url",
}
_PAUSE_FIELDS = ("paused_reason", "paused_by", "pause_told_at")
_HEALTH_FIELDS = (*_PAUSE_FIELDS, "failures", "not_before", "last_failure")


@transaction.atomic
def gateway_set(
    *, organisation: Organisation, actor: User | None, changes: Mapping[str, object]
) -> GatewayAccount:
    """Make the organisation's gateway account, or change the named fields of the one there is.

    ``changes`` takes the names in ``CHANGEABLE_FIELDS``; passwords are ``sms.secret.Secret``.
    Another server, login or address ends a wait, and a pause that no person made; workers obey at
    their next claim.
    Raises ``Refused`` with the field at fault.
    """
    refuse_unless_administrator(actor)
    if unknown := changes.keys() - CHANGEABLE_FIELDS:
        raise ValueError(f"no such fields of a gateway account: {sorted(unknown)}")
    account, is_new = _locked_or_new(organisation)
    details = field_changes(account, changes, secret=SECRET_FIELDS)
    for name in details:
        setattr(account, name, changes[name])
    check_gateway(account)
    if not details:
        return account
    is_mended = bool(details.keys() & _CONNECTION_FIELDS)
    goes_on = is_mended and account.is_paused and account.paused_by_id is None
    if is_mended:
        _forget_failures(account)
    if goes_on:
        _lift_pause(account)
    account.save(update_fields=None if is_new else [*details, *_HEALTH_FIELDS])
    _record(Action.CREATED if is_new else Action.CHANGED, account, actor, details)
    if goes_on:
        _record(Action.RESUMED, account, actor)
    transaction.on_commit(lambda: ring(account.pk))
    return account


def gateway_pause(*, account: GatewayAccount, reason: str, actor: User | None) -> GatewayAccount:
    """Stop sending through the account at once, until a person resumes it; what is queued waits.

    A pause that the engine made becomes the person's. Raises ``Refused`` without a reason,
    ``Conflict`` where a person has paused it already.
    """
    refuse_unless_administrator(actor)
    if not reason.strip():
        raise Refused(_("Give a reason; the organisation sees it."), field="reason")
    account = _pause(account, reason.strip()[:500], actor)
    claims_recall(account_ids=[account.pk])
    return account


@transaction.atomic
def _pause(account: GatewayAccount, reason: str, actor: User | None) -> GatewayAccount:
    account = _locked(account)
    if account.paused_by_id is not None:
        raise Conflict(_("The gateway account is paused already."))
    account.paused_reason, account.paused_by, account.pause_told_at = reason, actor, None
    account.save(update_fields=_PAUSE_FIELDS)
    _record(Action.PAUSED, account, actor, {"reason": reason})
    return account


@transaction.atomic
def gateway_resume(*, account: GatewayAccount, actor: User | None) -> GatewayAccount:
    """Send again, at once: pause, failures and the wait after them are forgotten."""
    refuse_unless_administrator(actor)
    account = _locked(account)
    _forget_failures(account)
    _lift_pause(account)
    account.save(update_fields=_HEALTH_FIELDS)
    _record(Action.RESUMED, account, actor)
    transaction.on_commit(lambda: ring(account.pk))
    return account


def smtp_server_of(account: GatewayAccount) -> Server:
    """How to reach the account's server and sign in there."""
    return Server(
        host=account.host,
        port=account.port,
        security=Security(account.security),
        user=account.smtp_user or None,
        password=account.smtp_password if account.smtp_user else None,
        helo=settings.DELIVERY_EHLO_NAME,
        timeout=settings.DELIVERY_SMTP_TIMEOUT_SECONDS,
        dot_timeout=settings.DELIVERY_DOT_TIMEOUT_SECONDS,
        ca_file=Path(settings.DELIVERY_CA_FILE) if settings.DELIVERY_CA_FILE else None,
    )


def connection_test(*, account: GatewayAccount, actor: User | None) -> ConnectionReport:
    """Sign in to the server and offer it the addresses; no e-mail is sent.

    Talks to the network, so it must not be called inside a transaction (RuntimeError).
    """
    refuse_unless_administrator(actor)
    with transaction.atomic(durable=True):
        account = GatewayAccount.objects.get(pk=account.pk)
    report = _probe(account)
    with transaction.atomic():
        _record(Action.TESTED, account, actor, {"ok": report.ok, "found": report.technical})
    return report


def _probe(account: GatewayAccount) -> ConnectionReport:
    server = smtp_server_of(account)
    try:
        found = asyncio.run(probe(server, mail_from=account.from_address, mailbox=account.mailbox))
    except SmtpFailure as failure:
        return report_of_failure(failure)
    return report_of_success(found)


def _locked_or_new(organisation: Organisation) -> tuple[GatewayAccount, bool]:
    # The organisation's row keeps two administrators from making two accounts.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    account = (
        GatewayAccount.objects.select_for_update(no_key=True)
        .filter(organisation=organisation)
        .first()
    )
    if account is not None:
        return account, False
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return GatewayAccount(organisation=organisation, from_address=sender), True


def _locked(account: GatewayAccount) -> GatewayAccount:
    return GatewayAccount.objects.select_for_update(no_key=True).get(pk=account.pk)


def _forget_failures(account: GatewayAccount) -> None:
    account.failures, account.not_before, account.last_failure = 0, None, ""


def _lift_pause(account: GatewayAccount) -> None:
    account.paused_reason, account.paused_by, account.pause_told_at = "", None, None


def _record(
    action: Action,
    account: GatewayAccount,
    actor: User | None,
    details: Mapping[str, object] | None = None,
) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=account.organisation_id,
        obj=account,
        details=details,
    )
