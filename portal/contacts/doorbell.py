"""Tells the workers that a bulk action waits for its next piece of work."""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring_bulk(action_id: int) -> None:
    """Ask some worker to go on with it, once the transaction stands. Losing the ring costs a
    sweep's delay."""
    transaction.on_commit(lambda: _ring(action_id))


def _ring(action_id: int) -> None:
    from portal.contacts.tasks import bulk_work  # the tasks call services that ring

    try:
        bulk_work.apply_async((action_id,))
    except (OperationalError, OSError) as error:
        log.warning("doorbell unreachable, the sweep will find it: %s", type(error).__name__)
