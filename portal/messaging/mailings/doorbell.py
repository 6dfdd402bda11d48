"""Tells the workers that a mailing waits for its next piece of work."""

import logging

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(mailing_id: int) -> None:
    """Ask some worker to go on with it. Losing the ring costs a sweep's delay."""
    from portal.messaging.tasks import mailing_work  # the tasks call services that ring

    try:
        mailing_work.apply_async((mailing_id,))
    except (OperationalError, OSError) as error:
        log.warning("doorbell unreachable, the sweep will find it: %s", type(error).__name__)
