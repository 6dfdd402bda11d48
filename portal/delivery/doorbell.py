"""The doorbell: tells the workers that something may be due on a gateway account."""

import logging
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

# A ring that no worker had time for in so long was repeated by the sweep: rings of busy accounts
# must not fill the broker.
_FADED = timedelta(minutes=1)


class _When(TypedDict, total=False):
    eta: datetime
    expires: float | datetime


def ring(account_id: int) -> None:
    """Ask some worker to look at the account's outbox. Losing the ring costs a sweep's delay."""
    _send(account_id, expires=_FADED.total_seconds())


def ring_at(account_id: int, moment: datetime) -> None:
    """The same at an aware moment to come."""
    _send(account_id, eta=moment, expires=moment + _FADED)


def call_for_help(account_id: int, *, seconds: float) -> None:
    """Ask one more worker, if one is idle within so many seconds."""
    _send(account_id, expires=seconds)


def _send(account_id: int, **when: Unpack[_When]) -> None:
    from portal.delivery.tasks import deliver  # the tasks call services that ring

    try:
        deliver.apply_async((account_id,), **when)
    except (OperationalError, OSError) as error:
        log.warning("doorbell unreachable, the sweep will find it: %s", type(error).__name__)
