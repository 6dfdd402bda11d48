"""Where a mailing goes once nobody's word is wanted any more."""

from datetime import datetime

from django.db import transaction

from portal.messaging.mailings.doorbell import ring
from portal.messaging.models import Mailing, Stage


def go_on(mailing: Mailing, *, now: datetime) -> None:
    """Put it where it waits for its time, or for a worker who submits it. Its author has confirmed
    it, and it is approved where rules want that; the caller's transaction holds the row, and
    records the event."""
    mailing.stage = stage_after_all_words(mailing, now=now)
    mailing.changed_at, mailing.failure, mailing.takeovers = now, "", 0
    mailing.save(update_fields=["stage", "changed_at", "failure", "takeovers"])
    if mailing.stage == Stage.SUBMITTING:
        transaction.on_commit(lambda: ring(mailing.pk))


def stage_after_all_words(mailing: Mailing, *, now: datetime) -> Stage:
    if mailing.repeats:
        return Stage.REPEATING
    if mailing.due_at and mailing.due_at > now:
        return Stage.PLANNED
    return Stage.SUBMITTING
