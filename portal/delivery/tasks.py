"""Celery's part: ids in, one plain function called, safe to run any number of times."""

from celery import shared_task

from portal.delivery.engine import deliver_account
from portal.delivery.notices import notices_send
from portal.delivery.sweep import sweep_outbox


@shared_task
def deliver(account_id: int) -> None:
    deliver_account(account_id)


@shared_task
def sweep() -> None:
    sweep_outbox()


@shared_task
def notices() -> None:
    notices_send()
