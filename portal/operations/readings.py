"""What is read of the database at each scrape: a few queries, none over settled envelopes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.core.prepared import rows
from portal.delivery.models import PlatformStop, SweepMark

# Where an envelope that is to be sent waits.
PLACES = ("due", "scheduled", "returned", "held", "paused")
_OF_ITS_MESSAGE = """
    WHEN o.held_because NOT IN ('', 'awaits_canary') THEN 'held'
    WHEN o.paused_at IS NOT NULL THEN 'paused'
"""
_QUEUE = f"""
    SELECT o.account_id,
           CASE {_OF_ITS_MESSAGE} WHEN o.due_at > %(now)s THEN 'scheduled' ELSE 'due' END,
           sum(o.last_number - o.next_number + 1)::bigint, min(o.due_at)
      FROM delivery_outboxentry o
     WHERE o.next_number <= o.last_number
     GROUP BY 1, 2
     UNION ALL
    SELECT e.account_id, CASE {_OF_ITS_MESSAGE} ELSE 'returned' END, count(*), min(e.retry_at)
      FROM delivery_envelope e
      JOIN delivery_outboxentry o ON o.message_id = e.message_id
     WHERE e.retry_at IS NOT NULL
     GROUP BY 1, 2
"""  # noqa: S608 - no value is formatted in
_ACCOUNTS = """
    SELECT a.id, a.organisation_id, a.connections, a.paused_reason <> '',
           coalesce(a.not_before > %(now)s, false),
           (SELECT coalesce(sum(l.connections), 0) FROM delivery_connectionlease l
             WHERE l.account_id = a.id AND l.lease_until > %(now)s),
           coalesce(c.alive, 0), coalesce(u.uncertain, 0),
           coalesce(m.accepted, 0), coalesce(m.rejected, 0), coalesce(m.uncertain, 0),
           coalesce(m.put_off, 0), coalesce(m.answers, '{}'), coalesce(m.answer_seconds, 0)
      FROM delivery_gatewayaccount a
      LEFT JOIN delivery_accountmeter m ON m.account_id = a.id
      LEFT JOIN (SELECT account_id, count(*) AS alive FROM delivery_claim
                  WHERE lease_until > %(now)s GROUP BY account_id) c ON c.account_id = a.id
      LEFT JOIN (SELECT account_id, count(*) AS uncertain FROM delivery_envelope
                  WHERE notable = 'uncertain' GROUP BY account_id) u ON u.account_id = a.id
     ORDER BY a.id
"""


@dataclass(frozen=True, slots=True)
class AccountReading:
    """One gateway account; ``answers`` as ``AccountMeter`` keeps them."""

    id: int
    organisation_id: int
    connections_allowed: int
    is_paused: bool
    backs_off: bool
    connections_leased: int
    claims: int
    uncertain_now: int
    accepted: int
    rejected: int
    uncertain: int
    put_off: int
    answers: Sequence[int]
    answer_seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """``queued``: envelopes by account and place. ``due_since``: by account, leaving out what is
    held, paused or stopped."""

    accounts: list[AccountReading]
    queued: dict[tuple[int, str], int]
    due_since: dict[int, datetime]
    is_stopped: bool
    swept_at: datetime | None


def read_all(*, now: datetime) -> Reading:
    """Raises Django's database errors."""
    accounts = [AccountReading(*row) for row in rows(_ACCOUNTS, {"now": now})]
    is_stopped = PlatformStop.objects.exists()
    at_rest = {account.id for account in accounts if account.is_paused or is_stopped}
    queued: dict[tuple[int, str], int] = defaultdict(int)
    due_since: dict[int, datetime] = {}
    for account_id, place, count, since in rows(_QUEUE, {"now": now}):
        queued[account_id, place] += count
        if place in {"due", "returned"} and since <= now and account_id not in at_rest:
            due_since[account_id] = min(since, due_since.get(account_id, since))
    swept_at = SweepMark.objects.values_list("swept_at", flat=True).first()
    return Reading(accounts, queued, due_since, is_stopped, swept_at)
