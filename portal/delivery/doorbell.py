"""The doorbell: tells the workers that something may be due on a gateway account."""

import logging

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(account_id: int) -> None:
    """Ask some worker to look at the account's outbox. Losing the ring costs a sweep's delay."""
    from portal.delivery.tasks import deliver  # the tasks call services that ring

    try:
        deliver.delay(account_id)
    except (OperationalError, OSError) as error:
        log.warning("doorbell unreachable, the sweep will find it: %s", type(error).__name__)
