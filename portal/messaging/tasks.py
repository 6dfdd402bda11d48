"""Celery's part: ids in, one plain function called, safe to run any number of times."""

from celery import shared_task
from django.utils import timezone

from portal.messaging.approvals.notices import approval_notices_send
from portal.messaging.mailings.notices import mailing_notices_send
from portal.messaging.mailings.sweep import mailings_sweep
from portal.messaging.mailings.work import work_slice
from portal.messaging.sheets.services import sheets_expire


@shared_task
def mailing_work(mailing_id: int) -> None:
    work_slice(mailing_id)


@shared_task
def sweep() -> None:
    now = timezone.now()
    mailings_sweep(now=now)
    sheets_expire(now=now)


@shared_task
def notices() -> None:
    mailing_notices_send()
    approval_notices_send()
