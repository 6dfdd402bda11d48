"""Telling authors by mail of what waits for a person."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.delivery.models import NEEDS_A_PERSON, Envelope, Message, State

log = logging.getLogger(__name__)
MOST_AT_ONCE = 100


def authors_tell() -> None:
    """One mail to its author for each message with held or uncertain envelopes not yet told of.

    A mail that cannot be sent is tried again at the next sweep.
    """
    untold = Q(envelopes__state__in=NEEDS_A_PERSON, envelopes__author_told_at=None)
    messages = Message.objects.filter(untold).distinct().select_related("author")
    for message in messages[:MOST_AT_ONCE]:
        _tell(message)


def _tell(message: Message) -> None:
    waiting = Envelope.objects.filter(
        message=message, state__in=NEEDS_A_PERSON, author_told_at=None
    )
    states = set(waiting.values_list("state", flat=True))
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("SMS message %(id)s needs you") % {"id": message.pk}
        body = "\n\n".join([*_reasons(states), _link(message)])
    try:
        send_mail(subject, body, None, [message.author.email])
    except OSError as error:
        log.warning("author of message %s not told: %s", message.pk, type(error).__name__)
        return
    waiting.update(author_told_at=timezone.now())


def _reasons(states: set[str]) -> list[str]:
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
