"""Telling people by mail of what waits for them; one process at a time does it."""

import logging

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.advisory_lock import only_one_at_a_time
from portal.delivery.models import (
    NEEDS_NOBODY,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
    State,
)
from portal.delivery.notice_mail import mail, managers_of
from portal.delivery.stop_notices import stop_tell
from portal.delivery.trouble import trouble_under

log = logging.getLogger(__name__)
NOTICES_LOCK = 0x6E6F7469636573  # "notices"


def notices_send() -> None:
    """One mail to each organisation whose sending was stopped or goes on again, one for each paused
    account, and one for each message with held or uncertain envelopes, that nobody was told of yet.

    A mail that is refused waits for the next run and keeps nobody else's; the run ends where the
    mail server itself fails. Returns at once where another process is at it.
    """
    with only_one_at_a_time(NOTICES_LOCK) as is_ours:
        if not is_ours:
            return
        try:
            stop_tell()
            _tell_of_pauses()
            _tell_of_messages()
        except OSError as error:
            log.warning("notices wait, the mail server fails: %s", type(error).__name__)


def _tell_of_pauses() -> None:
    untold = GatewayAccount.objects.filter(pause_told_at=None).exclude(paused_reason="")
    for account in untold.order_by("pk"):
        with translation.override(settings.LANGUAGE_CODE):
            subject = _("SMS sending is paused")
            body = "\n\n".join(_pause_words(account))
        if mail(subject, body, managers_of(account.organisation_id)):
            untold.filter(pk=account.pk, paused_reason=account.paused_reason).update(
                pause_told_at=timezone.now()
            )


def _pause_words(account: GatewayAccount) -> list[str]:
    trouble = trouble_under(None, account, now=timezone.now())
    words = trouble.words if trouble else ""
    if account.paused_by_id:
        end = _("No message is lost; sending goes on when the administrator lets it go on.")
    else:
        end = _("No message is lost; sending goes on when the administrator has mended it.")
    start = _("Nothing is sent through the operator for now:")
    return [one for one in (start, words, account.paused_reason, end) if one]


def _tell_of_messages() -> None:
    uncertain = _untold_uncertain().filter(message=OuterRef("pk"))
    held = _untold_holds().filter(message=OuterRef("pk"))
    messages = Message.objects.filter(Exists(uncertain) | Exists(held)).select_related("author")
    for message in messages.order_by("pk").iterator():
        _tell_of(message)


def _untold_uncertain() -> QuerySet[Envelope]:
    return Envelope.objects.filter(notable=State.UNCERTAIN, author_told_at=None)


def _untold_holds() -> QuerySet[OutboxEntry]:
    queued = Envelope.objects.filter(message=OuterRef("message"), state=State.QUEUED)
    held = OutboxEntry.objects.exclude(held_because__in=NEEDS_NOBODY).filter(author_told_at=None)
    return held.filter(Exists(queued))


def _tell_of(message: Message) -> None:
    # What needs a person only while the mail is on its way was not told of in it.
    uncertain = list(_untold_uncertain().filter(message=message).values_list("pk", flat=True))
    hold = _untold_holds().filter(message=message).first()
    if not uncertain and not hold:
        return
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("SMS message %(id)s needs you") % {"id": message.pk}
        body = "\n\n".join([*_reasons(bool(uncertain), hold), _link(message)])
    if not mail(subject, body, _who_can_decide(message, is_held=bool(hold))):
        return
    now = timezone.now()
    Envelope.objects.filter(pk__in=uncertain).update(author_told_at=now)
    if hold:
        same = OutboxEntry.objects.filter(pk=hold.pk, held_because=hold.held_because)
        same.update(author_told_at=now)


def _who_can_decide(message: Message, *, is_held: bool) -> QuerySet[User]:
    """Held needs a manager, whatever its author may still read; uncertain needs its author, or
    a manager where the author is gone."""
    managers = managers_of(message.organisation_id)
    author = User.objects.filter(
        pk=message.author_id, organisation=message.organisation_id, is_active=True
    )
    if is_held:
        return managers | author
    return author if author.exists() else managers


def _reasons(is_uncertain: bool, hold: OutboxEntry | None) -> list[str]:
    reasons = []
    if is_uncertain:
        reasons.append(
            _(
                "Part of the message may or may not have reached the operator: the connection "
                "broke before the answer. Please look and decide."
            )
        )
    if hold:
        reasons.append(_held_words(hold))
    return reasons


def _held_words(hold: OutboxEntry) -> str:
    words = _("Part of the message is held: %(reason)s. A manager can release it.")
    if hold.is_held_for_canary:
        words = _(
            "The message is held: %(reason)s. Its author or a manager lets it go or cancels it."
        )
    return words % {"reason": hold.get_held_because_display()}


def _link(message: Message) -> str:
    return str(settings.BASE_URL) + reverse("history:message", args=[message.pk])
