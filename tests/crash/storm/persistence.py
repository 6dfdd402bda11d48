"""The storm's own process goes on while the database it restarts is away."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import Error, connection

from portal.embedded.postgres import EmbeddedPostgresError

T = TypeVar("T")
_PATIENCE_SECONDS = 60.0


def persistently(ask: Callable[[], T]) -> T:
    """What the question answers, once there is a database to ask."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (Error, psycopg.Error, EmbeddedPostgresError):
            if time.monotonic() > give_up:
                raise
            connection.close()
            time.sleep(0.1)
