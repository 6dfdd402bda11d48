"""What a worker process would do meanwhile, were it not kept by a run with late answers."""

import time
from contextlib import suppress
from threading import Thread

import psycopg
from django.conf import settings
from django.db import Error, connections

from portal.delivery.notices import notices_send
from portal.delivery.sweep import sweep_outbox
from portal.embedded.postgres import EmbeddedPostgresError


class StandIn:
    """Sweeps, and has notices mailed, as often as beat would have it."""

    def __init__(self) -> None:
        self._swept = self._told = time.monotonic()

    def work(self) -> None:
        """Do what it is time for; called about four times a second."""
        now = time.monotonic()
        if now >= self._swept + settings.SWEEP_SECONDS:
            self._swept = now
            sweep_outbox()
        if now >= self._told + settings.NOTICES_SECONDS:
            self._told = now
            # No lane waits for a mail server.
            Thread(target=_tell, name="notices", daemon=True).start()


def _tell() -> None:
    try:
        # The next one tells them.
        with suppress(Error, psycopg.Error, EmbeddedPostgresError):
            notices_send()
    finally:
        connections.close_all()
