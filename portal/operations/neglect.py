"""Work that nobody does: due, stopped by nobody, and in no worker's hands."""

from datetime import datetime

from portal.core.prepared import rows
from portal.delivery.scheduling import accounts_due


def neglected_since(*, now: datetime) -> datetime | None:
    """Since when the most neglected account has something due that no worker takes; None where
    there is no such account.

    An account is not neglected while it is paused, stopped, backing off or waits for its limit
    per minute, nor while a worker holds a claim on it. Its time counts from the end of any such
    wait and from the last try on it, for the rows of a large message wait long without anything
    being wrong.
    """
    due = {account.account_id: account.since for account in accounts_due(now=now)}
    found = rows(
        """
        SELECT min(greatest(d.since, a.not_before, m.metered_at,
                            CASE WHEN a.per_minute IS NOT NULL THEN a.next_slot END))
          FROM unnest(%(ids)s::bigint[], %(since)s::timestamptz[]) AS d (account_id, since)
          JOIN delivery_gatewayaccount a ON a.id = d.account_id
          LEFT JOIN delivery_accountmeter m ON m.account_id = a.id
         WHERE NOT EXISTS (
               SELECT FROM delivery_claim c
                WHERE c.account_id = a.id AND c.lease_until > %(now)s)
        """,
        {"ids": list(due), "since": list(due.values()), "now": now},
    )
    [(since,)] = found
    return since if isinstance(since, datetime) else None
