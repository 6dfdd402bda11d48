"""The portal with every logger at its most talkative, SQL with its parameters among them.

``celery -A tests.crash.talkative_portal worker``
"""

import logging
from typing import Any

from celery.signals import worker_process_init

from portal.celery import app

__all__ = ["app"]


@worker_process_init.connect
def log_everything(**_: Any) -> None:
    """In each child, after the settings' own levels were set."""
    for name in ["", *logging.Logger.manager.loggerDict]:
        logging.getLogger(name).setLevel(logging.DEBUG)
