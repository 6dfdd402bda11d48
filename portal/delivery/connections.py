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
    account = GatewayAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    leases = ConnectionLease.objects.filter(account=account)
    leases.filter(expires_at__lte=now).delete()
    used = leases.aggregate(used=Sum("connections"))["used"] or 0
    free = min(account.connections - used, most)
    if free < 1:
        return None
    return leases.create(
        account=account, token=uuid.uuid4(), connections=free, expires_at=_end(now)
    )


def connections_renew(lease: ConnectionLease, *, now: datetime) -> bool:
    """Keep the connections; False where the lease had run out and they may be others' now."""
    renewed = ConnectionLease.objects.filter(pk=lease.pk, expires_at__gt=now)
    return bool(renewed.update(expires_at=_end(now)))


def connections_shrink(lease: ConnectionLease, *, to: int) -> None:
    """Give back all but ``to`` connections."""
    lease.connections = to
    ConnectionLease.objects.filter(pk=lease.pk).update(connections=to)


def connections_free(lease: ConnectionLease) -> None:
    ConnectionLease.objects.filter(pk=lease.pk).delete()


def _end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
