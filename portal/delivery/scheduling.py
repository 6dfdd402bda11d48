"""Which accounts may send now, and which of them have something due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from portal.core.prepared import rows
from portal.delivery.models import GatewayAccount, OutboxEntry, PlatformStop

# Messages of one priority leave in the order in which they are due.
INTERACTIVE, BULK = 0, 10

# An account that may send: no pause, no platform's stop, no wait after failures or for the limit.
_OPEN = """
    a.paused_reason = ''
    AND (a.not_before IS NULL OR a.not_before <= %(now)s)
    AND (a.next_slot IS NULL OR a.per_minute IS NULL OR a.next_slot <= %(now)s)
    AND NOT EXISTS (SELECT FROM delivery_platformstop)
"""
_DUE = f"""
    SELECT a.id, min(d.priority), min(d.due_at)
      FROM delivery_gatewayaccount a
     CROSS JOIN LATERAL (
           (SELECT o.priority, o.due_at
              FROM delivery_outboxentry o
              JOIN delivery_message m ON m.id = o.message_id
             WHERE o.account_id = a.id AND o.held_because = '' AND o.paused_at IS NULL
               AND o.due_at <= %(now)s AND o.next_number <= o.last_number
               AND (m.expires_at IS NULL OR m.expires_at > %(now)s)
             ORDER BY o.priority, o.due_at, o.message_id LIMIT 1)
           UNION ALL
           (SELECT o.priority, e.retry_at
              FROM delivery_envelope e
              JOIN delivery_outboxentry o ON o.message_id = e.message_id
              JOIN delivery_message m ON m.id = e.message_id
             WHERE e.account_id = a.id AND e.retry_at <= %(now)s
               AND o.held_because = '' AND o.paused_at IS NULL
               AND (m.expires_at IS NULL OR m.expires_at > %(now)s)
             ORDER BY e.retry_at LIMIT 1)) AS d (priority, due_at)
     WHERE {_OPEN} AND (%(ids)s::bigint[] IS NULL OR a.id = ANY(%(ids)s))
     GROUP BY a.id
     ORDER BY min(d.priority), min(d.due_at)
"""  # noqa: S608 - no value is formatted in


@dataclass(frozen=True, slots=True)
class Due:
    """An account with something due: its most urgent priority, and since when."""

    account_id: int
    priority: int
    since: datetime


def accounts_due(*, now: datetime, among: Collection[int] | None = None) -> list[Due]:
    """Accounts where a claim would find something now, the most urgent and oldest first."""
    found = rows(_DUE, {"now": now, "ids": None if among is None else list(among)})
    return [Due(*row) for row in found]


def is_due(account_id: int, *, now: datetime) -> bool:
    """Whether a claim on the account would find something now."""
    return bool(accounts_due(now=now, among=[account_id]))


def may_send(account: GatewayAccount, *, now: datetime) -> bool:
    """Whether the account is neither paused nor stopped nor backing off."""
    if account.is_paused or PlatformStop.objects.exists():
        return False
    return not (account.not_before and account.not_before > now)


def entries_due(account_id: int, *, now: datetime) -> QuerySet[OutboxEntry]:
    """Messages with envelopes never claimed yet, in the order in which they are to leave."""
    waiting = Q(held_because="", paused_at=None, due_at__lte=now)
    in_time = Q(message__expires_at=None) | Q(message__expires_at__gt=now)
    return OutboxEntry.objects.filter(
        waiting, in_time, account=account_id, next_number__lte=F("last_number")
    ).order_by("priority", "due_at", "message")
