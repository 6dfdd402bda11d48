"""The worker's part: a mailing goes on under a lease, a slice at a time."""

import logging
import uuid

from django.db.models import QuerySet

from portal.core.lease import LeaseLost, let_go, take
from portal.messaging.mailings.doorbell import ring
from portal.messaging.mailings.preparing import prepare_slice
from portal.messaging.mailings.submitting import submit
from portal.messaging.models import IN_WORK, Mailing, Stage

log = logging.getLogger(__name__)

SLICE_SECONDS = 20.0


def work_slice(mailing_id: int) -> None:
    """Go on with a mailing for some seconds, unless somebody else is at it, and ring for what is
    left of it. What is left where an error or a kill ends it, its lease's end gives to another."""
    went_on = _slice(mailing_id)
    if went_on and _in_work().filter(pk=mailing_id).exists():
        ring(mailing_id)


def work_to_the_end(mailing_id: int) -> None:
    """Go on until it waits for a person or for its time, here; returns early where another worker
    has it."""
    while _slice(mailing_id):
        pass


def _in_work() -> QuerySet[Mailing]:
    return Mailing.objects.filter(stage__in=IN_WORK)


def _slice(mailing_id: int) -> bool:
    """Whether it went on."""
    token = take(_in_work(), mailing_id)
    if token is None:
        return False
    try:
        _go_on(mailing_id, token)
    except LeaseLost:
        log.info("mailing %s is somebody else's now", mailing_id)
        return False
    return True


def _go_on(mailing_id: int, token: uuid.UUID) -> None:
    stage = Mailing.objects.values_list("stage", flat=True).get(pk=mailing_id)
    if stage == Stage.PREPARING:
        prepare_slice(mailing_id, token, seconds=SLICE_SECONDS)
    if stage == Stage.SUBMITTING:
        submit(mailing_id, token)
    let_go(Mailing.objects.all(), mailing_id, token)
