"""Telling people by mail of what waits for them; one process at a time does it."""

import logging
from collections.abc import Collection
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.core.advisory_lock import only_one_at_a_time
from portal.delivery.models import NEEDS_A_PERSON, Envelope, GatewayAccount, Message, State

log = logging.getLogger(__name__)
NOTICES_LOCK = 0x6E6F7469636573  # "notices"


def notices_send() -> None:
    """One mail for each paused account, and one for each message with held or uncertain
    envelopes, that nobody was told of yet.

    A mail that is refused waits for the next run and keeps nobody else's; the run ends where the
    mail server itself fails. Returns at once where another process is at it.
    """
    with only_one_at_a_time(NOTICES_LOCK) as is_ours:
        if not is_ours:
            return
        try:
            _tell_of_pauses()
            _tell_of_messages()
        except OSError as error:
            log.warning("notices wait, the mail server fails: %s", type(error).__name__)


def _tell_of_pauses() -> None:
    untold = GatewayAccount.objects.filter(pause_told_at=None).exclude(paused_reason="")
    for account in untold.order_by("pk"):
        with translation.override(settings.LANGUAGE_CODE):
            subject = _("SMS sending is paused")
            body = _(
                "Nothing is sent through the operator for now:\n\n%(reason)s\n\n"
                "No message is lost; sending goes on when the administrator has mended it."
            ) % {"reason": account.paused_reason}
        if _mail(subject, body, _managers(account.organisation_id)):
            untold.filter(pk=account.pk, paused_reason=account.paused_reason).update(
                pause_told_at=timezone.now()
            )


def _tell_of_messages() -> None:
    untold = Q(envelopes__state__in=NEEDS_A_PERSON, envelopes__author_told_at=None)
    messages = Message.objects.filter(untold).distinct().select_related("author")
    for message in messages.order_by("pk").iterator():
        _tell_of(message)


def _tell_of(message: Message) -> None:
    waiting = Envelope.objects.filter(
        message=message, state__in=NEEDS_A_PERSON, author_told_at=None
    )
    # What is held while the mail is on its way was not told of in it.
    state_of = dict(waiting.values_list("pk", "state"))
    states = set(state_of.values())
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("SMS message %(id)s needs you") % {"id": message.pk}
        body = "\n\n".join([*_reasons(states), _link(message)])
    if _mail(subject, body, _who_can_decide(message, states)):
        Envelope.objects.filter(pk__in=state_of).update(author_told_at=timezone.now())


def _who_can_decide(message: Message, states: Collection[str]) -> QuerySet[User]:
    """Held needs a manager, whatever its author may still read; uncertain needs its author, or
    a manager where the author is gone."""
    managers = _managers(message.organisation_id)
    author = User.objects.filter(
        pk=message.author_id, organisation=message.organisation_id, is_active=True
    )
    if State.HELD in states:
        return managers | author
    return author if author.exists() else managers


def _managers(organisation_id: int) -> QuerySet[User]:
    return User.objects.filter(organisation=organisation_id, role=Role.MANAGER, is_active=True)


def _mail(subject: str, body: str, people: QuerySet[User]) -> bool:
    """Whether it left; False too where there is nobody to tell. Raises OSError where the mail
    server fails altogether."""
    addresses = list(people.values_list("email", flat=True))
    try:
        return bool(send_mail(subject, body, None, addresses))
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        log.warning("a notice was refused: %s", type(refusal).__name__)
        return False


def _reasons(states: Collection[str]) -> list[str]:
    reasons = []
    if State.UNCERTAIN in states:
        reasons.append(
            _(
                "Part of the message may or may not have reached the operator: the connection "
                "broke before the answer. Please look and decide."
            )
        )
    if State.HELD in states:
        reasons.append(
            _("Part of the message is held: it may no longer be sent. A manager can release it.")
        )
    return reasons


def _link(message: Message) -> str:
    return str(settings.BASE_URL) + reverse("history:message", args=[message.pk])
