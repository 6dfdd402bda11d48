"""Whether the portal does its work, in a word for each thing that it needs for that."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from kombu.exceptions import OperationalError

from portal.delivery.models import SweepMark
from portal.embedded.postgres import EmbeddedPostgresError
from portal.operations.neglect import neglected_since

log = logging.getLogger(__name__)

OK, FAILING = "ok", "failing"


def portal_health(*, now: datetime) -> dict[str, str]:
    """``ok`` or ``failing`` by check; says nothing that a stranger may not know.

    - ``database``: it answers, and every migration of this version is applied.
    - ``broker``: it can be reached.
    - ``queue``: nothing due was left alone for too long, so workers are at work.
    - ``sweep``: the last one was done lately, so beat and at least one worker are at work.
    """
    checks: Mapping[str, Callable[[], bool]] = {
        "database": _has_all_migrations,
        "broker": _is_broker_there,
        "queue": lambda: not _is_neglected(now),
        "sweep": lambda: _was_swept(now),
    }
    return {name: OK if _passes(name, check) else FAILING for name, check in checks.items()}


def is_healthy(words: Mapping[str, str]) -> bool:
    return all(word == OK for word in words.values())


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Error, EmbeddedPostgresError, OperationalError, OSError) as error:
        # Its text may hold an address or a password.
        log.warning("health check %s: %s", name, type(error).__name__)
        return False


def _has_all_migrations() -> bool:
    return _migrations_of_this_version() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _migrations_of_this_version() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _is_broker_there() -> bool:
    seconds = settings.HEALTH_BROKER_TIMEOUT_SECONDS
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_connect_timeout": seconds,
        "socket_timeout": seconds,
    }
    with current_app.connection_for_write(
        connect_timeout=seconds, transport_options=options
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=seconds)
    return True


def _is_neglected(now: datetime) -> bool:
    since = neglected_since(now=now)
    return since is not None and now - since > timedelta(seconds=settings.HEALTH_OLDEST_DUE_SECONDS)


def _was_swept(now: datetime) -> bool:
    lately = now - timedelta(seconds=settings.HEALTH_OLDEST_SWEEP_SECONDS)
    return SweepMark.objects.filter(swept_at__gte=lately).exists()
