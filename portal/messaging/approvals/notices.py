"""Telling people by mail of what waits for their word, and authors of the word that was given."""

import logging

from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.core.advisory_lock import only_one_at_a_time
from portal.delivery.notice_mail import mail
from portal.messaging.approvals.selectors import approvers_of
from portal.messaging.models import ApprovalRequest, Decision, Stage

log = logging.getLogger(__name__)
NOTICES_LOCK = 0x617070726F7661  # "approva"


def approval_notices_send() -> None:
    """One mail to the approvers of each mailing that waits for a word, and one to its author about
    each word given, that nobody was told of yet.

    A mail that is refused, or that nobody could get, waits for the next run; the run ends where the
    mail server itself fails. Returns at once where another process is at it.
    """
    with only_one_at_a_time(NOTICES_LOCK) as is_ours:
        if not is_ours:
            return
        try:
            for asked in _asked().select_related("mailing__author").order_by("pk"):
                _tell_approvers(asked)
            for decided in _decided().select_related("mailing", "decided_by").order_by("pk"):
                _tell_author(decided)
        except OSError as error:
            log.warning("notices wait, the mail server fails: %s", type(error).__name__)


def _asked() -> QuerySet[ApprovalRequest]:
    untold = ApprovalRequest.objects.filter(decision="", approvers_told_at=None)
    return untold.filter(mailing__stage=Stage.IN_APPROVAL)


def _decided() -> QuerySet[ApprovalRequest]:
    """Authors who are gone are told nothing."""
    decided = ApprovalRequest.objects.filter(
        decision__in=(Decision.APPROVED, Decision.RETURNED), author_told_at=None
    )
    return decided.filter(
        mailing__author__is_active=True, mailing__author__organisation=F("mailing__organisation")
    )


def _tell_approvers(asked: ApprovalRequest) -> None:
    mailing = asked.mailing
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Mailing %(id)s waits for your approval") % {"id": mailing.pk}
        words = _(
            "%(person)s asks you to look at a mailing. Nothing of it leaves before somebody "
            "approves it."
        ) % {"person": mailing.author}
        body = f"{words}\n\n{_link('messaging:approval', mailing.pk)}"
    if mail(subject, body, approvers_of(mailing.organisation_id, besides=mailing.author_id)):
        _asked().filter(pk=asked.pk).update(approvers_told_at=timezone.now())


def _tell_author(decided: ApprovalRequest) -> None:
    mailing = decided.mailing
    with translation.override(settings.LANGUAGE_CODE):
        subject, words = _decision_words(decided)
        body = f"{words}\n\n{_link('messaging:mailing', mailing.pk)}"
    if mail(subject, body, User.objects.filter(pk=mailing.author_id)):
        ApprovalRequest.objects.filter(pk=decided.pk).update(author_told_at=timezone.now())


def _decision_words(decided: ApprovalRequest) -> tuple[str, str]:
    """Without the word itself, which may say what the text does."""
    named = {"id": decided.mailing_id, "person": decided.decided_by}
    if decided.decision == Decision.APPROVED:
        return (
            _("Mailing %(id)s is approved") % named,
            _("%(person)s has approved it. It leaves as it was planned.") % named,
        )
    return (
        _("Mailing %(id)s is returned to you") % named,
        _("%(person)s has returned it with a word. Read it, change the mailing and ask again.")
        % named,
    )


def _link(name: str, pk: int) -> str:
    return str(settings.BASE_URL) + reverse(name, args=[pk])
