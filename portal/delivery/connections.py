"""Sharing out an account's connections over all workers of all machines."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from portal.delivery.models import ConnectionLease, GatewayAccount


@transaction.atomic
def connections_lease(*, account_id: int, most: int, now: datetime) -> ConnectionLease | None:
    """Up to ``most`` of the account's free connections, or None where all are in use."""
    free = min(_lock_free(account_id, now), most)
    if free < 1:
        return None
    return ConnectionLease.objects.create(
        account_id=account_id, token=uuid.uuid4(), connections=free, lease_until=_end(now)
    )


@transaction.atomic
def connections_resize(lease: ConnectionLease, *, to: int, now: datetime) -> None:
    """Hold ``to`` connections, or as many as are free beside those held."""
    free = _lock_free(lease.account_id, now)
    lease.connections = min(to, lease.connections + max(0, free))
    ConnectionLease.objects.filter(pk=lease.pk).update(connections=lease.connections)


def connections_renew(lease: ConnectionLease, *, now: datetime) -> bool:
    """Keep the connections; False where the lease had run out and they may be others' now."""
    renewed = ConnectionLease.objects.filter(pk=lease.pk, lease_until__gt=now)
    return bool(renewed.update(lease_until=_end(now)))


def connections_free(lease: ConnectionLease) -> None:
    ConnectionLease.objects.filter(pk=lease.pk).delete()


def _lock_free(account_id: int, now: datetime) -> int:
    """How many connections nobody holds; below 0 where the account allows fewer than before.
    The account's row is locked."""
    accounts = GatewayAccount.objects.select_for_update(no_key=True).only("connections")
    account = accounts.get(pk=account_id)
    leases = ConnectionLease.objects.filter(account=account)
    leases.filter(lease_until__lte=now).delete()
    return account.connections - (leases.aggregate(used=Sum("connections"))["used"] or 0)


def _end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
