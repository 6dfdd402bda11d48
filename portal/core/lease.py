"""Long work that survives its worker: a lease over a row says who is at it, and until when.

Work goes on in steps. Each is one transaction that asks by ``held`` whether the lease is still
ours, does a part, and writes how far it came; a worker that died is replaced after its lease, and
goes on from there.
"""

import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

LEASE = timedelta(seconds=60)

W = TypeVar("W", bound="Leased")


class LeaseLost(Exception):
    """Another worker has taken over, or the work is gone."""


class Leased(models.Model):
    """``takeovers``: how many times another worker went on where one had died."""

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    takeovers = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


def take(works: models.QuerySet[W], pk: int, *, now: datetime | None = None) -> uuid.UUID | None:
    """Lease the row for us, or None where it is not among ``works`` or another has it."""
    now = now or timezone.now()
    token = uuid.uuid4()
    row = works.filter(pk=pk)
    fresh = row.filter(lease_until=None).update(lease_token=token, lease_until=now + LEASE)
    if fresh:
        return token
    taken_over = row.filter(lease_until__lt=now).update(
        lease_token=token, lease_until=now + LEASE, takeovers=models.F("takeovers") + 1
    )
    return token if taken_over else None


def held(works: models.QuerySet[W], pk: int, token: uuid.UUID) -> W:
    """The row, locked until the transaction ends, with the lease renewed. Raises ``LeaseLost``."""
    found = works.select_for_update(of=("self",), no_key=True).filter(pk=pk, lease_token=token)
    work = found.first()
    if work is None:
        raise LeaseLost
    work.lease_until = timezone.now() + LEASE
    works.filter(pk=pk).update(lease_until=work.lease_until)
    return work


def let_go(works: models.QuerySet[W], pk: int, token: uuid.UUID) -> None:
    """Others may go on at once."""
    works.filter(pk=pk, lease_token=token).update(lease_token=None, lease_until=None)


def abandoned(now: datetime) -> Q:
    """Rows that nobody is at: never begun, let go, or left by a worker that died."""
    return Q(lease_until=None) | Q(lease_until__lt=now)
