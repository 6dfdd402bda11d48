"""Telling managers by mail that all sending is stopped, and that it goes on."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from portal.delivery.models import GatewayAccount
from portal.delivery.notice_mail import mail, managers_of
from portal.delivery.platform import stop_now


def stop_tell() -> None:
    """One mail to the managers of each organisation that has a gateway account, when all sending
    is stopped, and one when it goes on to those who were told of the stop. Raises OSError where
    the mail server fails altogether."""
    stop = stop_now()
    if stop is None:
        _tell(_told_of_a_stop(), _words_of_the_end(), told_of=None)
    else:
        _tell(_untold_of(stop.stopped_at), _words_of(stop.because), told_of=stop.stopped_at)


def _untold_of(stopped_at: datetime) -> QuerySet[GatewayAccount]:
    return GatewayAccount.objects.exclude(stop_told_of=stopped_at)


def _told_of_a_stop() -> QuerySet[GatewayAccount]:
    return GatewayAccount.objects.filter(stop_told_of__isnull=False)


def _tell(
    accounts: QuerySet[GatewayAccount], words: tuple[str, str], *, told_of: datetime | None
) -> None:
    subject, body = words
    for account_id, organisation_id in _in_order(accounts):
        if mail(subject, body, managers_of(organisation_id)):
            GatewayAccount.objects.filter(pk=account_id).update(stop_told_of=told_of)


def _in_order(accounts: QuerySet[GatewayAccount]) -> Iterator[tuple[int, int]]:
    return accounts.order_by("pk").values_list("pk", "organisation_id").iterator()


def _words_of(because: str) -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        paragraphs = (
            _("The administrator of the portal has stopped all sending:"),
            because,
            _("No message is lost; sending goes on when the administrator lets it go on."),
        )
        return _("SMS sending is stopped"), "\n\n".join(paragraphs)


def _words_of_the_end() -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        body = _(
            "The stop of all sending is over. Messages that waited for nothing else leave now."
        )
        return _("SMS sending goes on"), body
