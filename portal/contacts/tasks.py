"""Celery's part: ids in, one plain function called, safe to run any number of times."""

from celery import shared_task
from django.utils import timezone

from portal.contacts.bulk.work import bulk_go_on, bulk_sweep
from portal.contacts.imports.sweep import imports_sweep
from portal.contacts.imports.work import work_slice


@shared_task
def import_work(import_id: int) -> None:
    work_slice(import_id)


@shared_task
def bulk_work(action_id: int) -> None:
    bulk_go_on(action_id)


@shared_task
def sweep() -> None:
    imports_sweep()
    bulk_sweep(now=timezone.now())
