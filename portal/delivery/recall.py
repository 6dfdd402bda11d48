"""Taking back what workers have claimed but not handed over, so that a pause acts at once.

A pause is committed first, so that later claims see it; the recall then waits for the claims that
began before, and puts back into the queue what they took. A worker finds so before its dot.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from portal.core.prepared import rows

_CLAIMS_LOCK = 0x636C61696D73  # "claims"


def claim_begins() -> None:
    """Called first in the transaction of a claim: recalls wait for its end."""
    rows("SELECT pg_advisory_xact_lock_shared(%(lock)s)", {"lock": _CLAIMS_LOCK})


@transaction.atomic
def claims_recall(
    *, account_ids: Collection[int] | None = None, message_id: int | None = None
) -> int:
    """Queue again what is claimed of the accounts (None: of all) and the message (None: of all);
    returns how many envelopes.

    What is locked is changing hands at this moment: being handed over, or back in the queue.
    """
    rows("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _CLAIMS_LOCK})
    found = rows(
        """
        UPDATE delivery_envelope SET retry_at = %(now)s
         WHERE id IN (
               SELECT e.id FROM delivery_claim c
                 JOIN delivery_envelope e ON e.id = ANY(c.envelope_ids)
                WHERE (%(accounts)s::bigint[] IS NULL OR c.account_id = ANY(%(accounts)s))
                  AND (%(message)s::bigint IS NULL OR e.message_id = %(message)s)
                  AND e.state = 'queued' AND e.retry_at IS NULL
                  FOR NO KEY UPDATE OF e SKIP LOCKED)
        RETURNING id
        """,
        {
            "now": timezone.now(),
            "accounts": None if account_ids is None else list(account_ids),
            "message": message_id,
        },
    )
    return len(found)
