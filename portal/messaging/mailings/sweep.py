"""What has become due, and what lost rings and lost workers leave behind."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from portal.core.lease import abandoned
from portal.messaging.mailings.course import mailing_come_due, mailing_end, preparation_begin
from portal.messaging.mailings.doorbell import ring
from portal.messaging.mailings.hours import hours_keep
from portal.messaging.mailings.series import next_time, occurrence_make, put_next_time
from portal.messaging.mailings.standing import is_too_late, why_not
from portal.messaging.models import IN_WORK, Mailing, Stage

log = logging.getLogger(__name__)

_MOST_RUNG = 100
_MOST_DUE = 500


def mailings_sweep(*, now: datetime) -> None:
    """Ring for mailings that nobody is at, send on their way those whose time has come, let those
    expire that waited for a person too long, and keep the hours of those under way."""
    waiting = Mailing.objects.filter(abandoned(now), stage__in=IN_WORK).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:_MOST_RUNG]:
        ring(pk)
    _each(_due(now).order_by("due_at"), _come_due, now=now)
    _each(_waited_in_vain(now).order_by("pk"), _expire, now=now)
    hours_keep(now=now)


def _each(
    mailings: models.QuerySet[Mailing], decide: Callable[[int, datetime], None], *, now: datetime
) -> None:
    """One that fails keeps no other from its time."""
    for pk in mailings.values_list("pk", flat=True)[:_MOST_DUE]:
        try:
            decide(pk, now)
        except Exception as error:
            log.warning("mailing %s does not go on: %s", pk, type(error).__name__)


def _due(now: datetime) -> models.QuerySet[Mailing]:
    return Mailing.objects.filter(stage__in=(Stage.PLANNED, Stage.REPEATING), due_at__lte=now)


def _waited_in_vain(now: datetime) -> models.QuerySet[Mailing]:
    """Held, or not approved in time. What repeats has times to come."""
    long_ago = now - timedelta(minutes=settings.MAILING_LATE_MINUTES)
    unapproved = Q(stage=Stage.IN_APPROVAL, expires_at=None, due_at__lt=long_ago)
    expired = Q(stage__in=(Stage.IN_APPROVAL, Stage.HELD), expires_at__lte=now)
    return Mailing.objects.filter(unapproved | expired, repeats__isnull=True)


@transaction.atomic
def _come_due(pk: int, now: datetime) -> None:
    mailing = _locked(_due(now), pk)
    if mailing is None:
        return
    if mailing.stage == Stage.REPEATING:
        _occur(mailing, now=now)
    elif is_too_late(mailing, now=now):
        mailing_end(mailing, Stage.EXPIRED)
    elif failure := why_not(mailing):
        mailing_end(mailing, Stage.HELD, failure)
    else:
        mailing_come_due(mailing, now=now)


@transaction.atomic
def _expire(pk: int, now: datetime) -> None:
    if mailing := _locked(_waited_in_vain(now), pk):
        mailing_end(mailing, Stage.EXPIRED)


def _locked(rows: models.QuerySet[Mailing], pk: int) -> Mailing | None:
    """None where another process is at it, or it is not among ``rows`` any more."""
    free = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return free.select_related("organisation", "author", "series").filter(pk=pk).first()


def _occur(series: Mailing, *, now: datetime) -> None:
    """The time that has come makes a mailing; times missed before it are not caught up. Who may not
    send is not asked again each time: the whole series is held."""
    if is_too_late(series, now=now):
        mailing_end(occurrence_make(series, stage=Stage.EXPIRED, now=now), Stage.EXPIRED)
    elif failure := why_not(series):
        mailing_end(series, Stage.HELD, failure)
        return
    else:
        preparation_begin(occurrence_make(series, stage=Stage.PREPARING, now=now))
    following = next_time(series, after=now)
    if following is None:
        series.stage = Stage.SENT
    put_next_time(series, following)
    series.save()
