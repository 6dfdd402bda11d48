"""Taking back what a run has claimed and not handed over, where a number of it is stopped since.

The stop list is asked at the claim; what waits behind a slow operator may have been claimed long
before its dot. A recalled envelope is claimed anew, and that claim takes the recipient out.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from portal.core.prepared import rows_planned_now
from portal.delivery.claims import ClaimKey, columns_of_keys
from portal.delivery.stopped import any_stopped_since

# An entry is committed after it was made, and clocks differ.
REACHES_BACK = timedelta(minutes=1)

# What is claimed is little, what was stopped may be a whole file: each number is looked up.
_RECALL = """
    UPDATE delivery_envelope SET retry_at = %(now)s
     WHERE id IN (
           SELECT e.id
             FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS u (id, token)
             JOIN delivery_envelope e ON e.id = u.id
            WHERE e.state = 'queued' AND e.retry_at IS NULL
              AND (e.token IS NULL OR e.token = u.token)
              AND EXISTS (
                  SELECT FROM delivery_recipient r
                   CROSS JOIN LATERAL (
                         SELECT FROM contacts_stoplistentry
                          WHERE organisation_id = %(organisation)s AND phone = r.phone
                            AND created_at > %(since)s
                          UNION ALL
                         SELECT FROM contacts_stoplistentry
                          WHERE organisation_id IS NULL AND phone = r.phone
                            AND created_at > %(since)s) AS stop
                   WHERE r.envelope_id = e.id)
              FOR NO KEY UPDATE OF e SKIP LOCKED)
    RETURNING id
"""


def stopped_recall(keys: Collection[ClaimKey], *, organisation_id: int, now: datetime) -> bool:
    """Queue those of our claimed envelopes again of which a number came on a stop list within the
    last minute; whether there were any. Where nothing came on the lists, this is one look into an
    index."""
    since = now - REACHES_BACK
    if not keys or not any_stopped_since(since, organisation_id=organisation_id):
        return False
    place = {"organisation": organisation_id, "since": since, "now": now}
    return bool(rows_planned_now(_RECALL, {**columns_of_keys(keys), **place}))
