"""Tells the workers that an import waits for its next piece of work."""

import logging

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(import_id: int) -> None:
    """Ask some worker to go on with it. Losing the ring costs a sweep's delay."""
    from portal.contacts.tasks import import_work  # the tasks call services that ring

    try:
        import_work.apply_async((import_id,))
    except (OperationalError, OSError) as error:
        log.warning("doorbell unreachable, the sweep will find it: %s", type(error).__name__)
