"""The sweep: whatever a lost ring or a lost worker left behind is found here."""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal.core.prepared import rows
from portal.delivery.canaries import canaries_judge
from portal.delivery.doorbell import ring
from portal.delivery.meters import Meter, sweep_mark
from portal.delivery.models import Attempt, Claim
from portal.delivery.scheduling import accounts_due
from portal.delivery.withdrawal import cancel_what_came_back, expire_what_is_late
from sms.retry import Phase, Verdict

log = logging.getLogger(__name__)

MOST_CLAIMS = 100
MOST_STRAYS = 1000
MOST_CLOSED = 5000
# An envelope that was in more lost claims than this may be what kills its workers.
LOSSES_FORGIVEN = 3


def sweep_outbox() -> None:
    """Settle claims that ran out, expire what is too late, close messages of which nothing is
    under way, let go of those whose canary was accepted, and ring for every account with
    something due."""
    now = timezone.now()
    requeued, uncertain = claims_sweep(now=now)
    if requeued or uncertain:
        log.warning("workers vanished: %s envelopes requeued, %s uncertain", requeued, uncertain)
    requeued, uncertain = strays_sweep(now=now)
    if requeued or uncertain:
        log.error("no claim had them: %s envelopes requeued, %s uncertain", requeued, uncertain)
    expire_what_is_late(now=now)
    cancel_what_came_back()
    while outbox_close() == MOST_CLOSED:
        pass
    canaries_judge(now=now)
    for due in accounts_due(now=now):
        ring(due.account_id)
    sweep_mark(now)


@transaction.atomic
def claims_sweep(*, now: datetime) -> tuple[int, int]:
    """Deal with envelopes whose worker vanished: back to the queue before the point of no
    return, uncertain after it. Returns how many of each."""
    run_out = list(
        Claim.objects.select_for_update(skip_locked=True)
        .filter(lease_until__lte=now)
        .order_by("lease_until")[:MOST_CLAIMS]
    )
    ids = sorted({pk for claim in run_out for pk in claim.envelope_ids})
    tokens = [claim.token for claim in run_out]
    if not tokens:
        return 0, 0
    uncertain = _make_uncertain(ids, tokens, now)
    requeued = _requeue(ids, tokens, now)
    Claim.objects.filter(pk__in=tokens).delete()
    return requeued, uncertain


@transaction.atomic
def strays_sweep(*, now: datetime) -> tuple[int, int]:
    """The same for envelopes that no claim answers for. There should be none; but one that did get
    into such a state, by a fault of ours, would be lost."""
    strays = rows(
        """
        SELECT e.id, e.token
          FROM delivery_outboxentry o JOIN delivery_envelope e ON e.message_id = o.message_id
         WHERE o.next_number > o.last_number
           AND (e.state = 'transmitting'
                AND NOT EXISTS (SELECT FROM delivery_claim c WHERE c.token = e.token)
                OR e.state = 'queued' AND e.retry_at IS NULL
                AND NOT EXISTS (
                    SELECT FROM delivery_claim c
                     WHERE e.id = ANY(c.envelope_ids) AND (e.token IS NULL OR e.token = c.token)))
         ORDER BY e.id LIMIT %(most)s FOR NO KEY UPDATE OF e SKIP LOCKED
        """,
        {"most": MOST_STRAYS},
    )
    if not strays:
        return 0, 0
    ids = [pk for pk, _token in strays]
    tokens = [token for _pk, token in strays if token]
    uncertain = _make_uncertain(ids, tokens, now)
    return _requeue(ids, tokens, now), uncertain


def _make_uncertain(ids: Sequence[int], tokens: Sequence[uuid.UUID], now: datetime) -> int:
    found = rows(
        """
        UPDATE delivery_envelope
           SET state = 'uncertain', token = NULL, tries = tries + 1, last_phase = 'dot',
               last_code = NULL, last_reply = '', author_told_at = NULL
         WHERE id = ANY(%(ids)s::bigint[]) AND state = 'transmitting'
           AND token = ANY(%(tokens)s::uuid[])
        RETURNING id, account_id, transmitting_at
        """,
        {"ids": list(ids), "tokens": list(tokens)},
    )
    Attempt.objects.bulk_create(
        Attempt(
            envelope_id=pk,
            started_at=transmitting_at,
            ended_at=now,
            phase=Phase.DOT.value,
            reply="worker vanished",
            outcome=Verdict.UNCERTAIN.value,
        )
        for pk, _account_id, transmitting_at in found
    )
    meter = Meter(now)
    meter.note_vanished(account_id for _pk, account_id, _transmitting_at in found)
    meter.flush(now)
    return len(found)


def _requeue(ids: Sequence[int], tokens: Sequence[uuid.UUID], now: datetime) -> int:
    # What was recalled and claimed anew is the newer claim's.
    found = rows(
        """
        UPDATE delivery_envelope e
           SET tries = e.tries + 1,
               retry_at = %(now)s + least(e.tries / %(forgiven)s, 30) * interval '30 seconds'
         WHERE e.id = ANY(%(ids)s::bigint[]) AND e.state = 'queued' AND e.retry_at IS NULL
           AND (e.token IS NULL OR e.token = ANY(%(tokens)s::uuid[]))
        RETURNING e.id
        """,
        {"ids": list(ids), "tokens": list(tokens), "now": now, "forgiven": LOSSES_FORGIVEN},
    )
    return len(found)


@transaction.atomic
def outbox_close() -> int:
    """Take messages of which nothing is queued or transmitting out of the outbox, and note what
    became of them; returns how many, ``MOST_CLOSED`` at most."""
    # What people decide about them waits for these locks. What they decided before is seen by the
    # next statement alone, which therefore looks anew.
    finished = rows(
        """
        SELECT o.message_id FROM delivery_outboxentry o
         WHERE o.next_number > o.last_number
           AND NOT EXISTS (
               SELECT FROM delivery_envelope e
                WHERE e.message_id = o.message_id AND e.state IN ('queued', 'transmitting'))
         LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED
        """,
        {"most": MOST_CLOSED},
    )
    return _close([message_id for (message_id,) in finished]) if finished else 0


def _close(message_ids: Sequence[int]) -> int:
    found = rows(
        """
        WITH counts AS (
            SELECT message_id, jsonb_object_agg(state, total) AS by_state
              FROM (SELECT e.message_id, e.state, sum(e.recipients_count) AS total
                      FROM delivery_envelope e
                     WHERE e.message_id = ANY(%(ids)s::bigint[]) AND e.state <> 'skipped'
                     GROUP BY e.message_id, e.state
                     UNION ALL
                    SELECT k.message_id, 'skipped', count(*)
                      FROM delivery_skip k WHERE k.message_id = ANY(%(ids)s::bigint[])
                     GROUP BY k.message_id) AS s
             GROUP BY message_id
            HAVING NOT bool_or(state IN ('queued', 'transmitting'))),
        noted AS (
            UPDATE delivery_message m SET settled_counts = counts.by_state
              FROM counts WHERE m.id = counts.message_id)
        DELETE FROM delivery_outboxentry o USING counts WHERE o.message_id = counts.message_id
        RETURNING o.message_id
        """,
        {"ids": list(message_ids)},
    )
    return len(found)
