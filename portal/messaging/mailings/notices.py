"""Telling people by mail of mailings that are held, or expired without having left."""

import logging

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.advisory_lock import only_one_at_a_time
from portal.delivery.notice_mail import mail, managers_of
from portal.messaging.mailings.words import failure_words
from portal.messaging.models import Mailing, Stage

log = logging.getLogger(__name__)
NOTICES_LOCK = 0x6D61696C696E67  # "mailing"


def mailing_notices_send() -> None:
    """One mail about each mailing that waits for a person or did not leave in time, that nobody was
    told of yet. A mail that is refused waits for the next run; returns at once where another
    process is at it."""
    with only_one_at_a_time(NOTICES_LOCK) as is_ours:
        if not is_ours:
            return
        try:
            for mailing in _untold().select_related("author").order_by("pk").iterator():
                _tell_of(mailing)
        except OSError as error:
            log.warning("notices wait, the mail server fails: %s", type(error).__name__)


def _untold() -> QuerySet[Mailing]:
    return Mailing.objects.filter(stage__in=(Stage.HELD, Stage.EXPIRED), author_told_at=None)


def _tell_of(mailing: Mailing) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = _words(mailing)
    if mail(subject, body, _who_can_decide(mailing)):
        same = _untold().filter(pk=mailing.pk, stage=mailing.stage, failure=mailing.failure)
        same.update(author_told_at=timezone.now())


def _words(mailing: Mailing) -> tuple[str, str]:
    if mailing.stage == Stage.HELD:
        subject = _("Mailing %(id)s is held") % {"id": mailing.pk}
        reason = failure_words(mailing.failure)
    else:
        subject = _("Mailing %(id)s has expired") % {"id": mailing.pk}
        reason = _("It could not leave in time, and nothing of it was sent.")
    link = str(settings.BASE_URL) + reverse("messaging:mailing", args=[mailing.pk])
    return subject, f"{reason}\n\n{link}"


def _who_can_decide(mailing: Mailing) -> QuerySet[User]:
    """Managers release what is held; what has expired is its author's, or a manager's where the
    author is gone."""
    managers = managers_of(mailing.organisation_id)
    author = User.objects.filter(
        pk=mailing.author_id, organisation=mailing.organisation_id, is_active=True
    )
    if mailing.stage == Stage.HELD:
        return managers | author
    return author if author.exists() else managers
