"""How many recipients of a message are in which state, without looking at all its envelopes.

What is under way is ahead of the cursor, in a claim, or came back and has a ``retry_at``
(``sweep.strays_sweep`` sees that nothing else is); what else was not accepted is notable, which has
an index. So the accepted ones, nearly all of a large message, are the rest. Whoever adds a state
must see that its recipients are found here.
"""

from collections import defaultdict
from collections.abc import Collection

from portal.core.prepared import integers, rows_planned_now
from portal.delivery.models import NOTABLE

_KEPT = """
    WITH o AS MATERIALIZED (
        SELECT message_id, account_id, recipients_ahead, recipients_replaced
          FROM delivery_outboxentry WHERE message_id = ANY(%(ids)s::bigint[])),
    claimed AS MATERIALIZED (
        SELECT DISTINCT unnest(c.envelope_ids) AS id FROM delivery_claim c
         WHERE c.account_id IN (SELECT account_id FROM o))
    SELECT m.id, s.state, s.recipients::int
      FROM delivery_message m CROSS JOIN LATERAL jsonb_each_text(m.settled_counts)
           AS s (state, recipients)
     WHERE m.id = ANY(%(ids)s::bigint[])
     UNION ALL
    SELECT message_id, 'queued', recipients_ahead FROM o
     UNION ALL
    SELECT message_id, 'replaced', recipients_replaced FROM o
     UNION ALL
    SELECT e.message_id, e.state, sum(e.recipients_count)
      FROM claimed
     -- Found by their ids; there may be a hundred times as many others that are queued.
     CROSS JOIN LATERAL (
           SELECT message_id, state, recipients_count FROM delivery_envelope
            WHERE id = claimed.id AND state IN ('queued', 'transmitting') AND retry_at IS NULL
           OFFSET 0) AS e
     WHERE e.message_id IN (SELECT message_id FROM o)
     GROUP BY e.message_id, e.state
     UNION ALL
    SELECT o.message_id, 'queued', sum(e.recipients_count)
      FROM o JOIN delivery_envelope e ON e.message_id = o.message_id
     WHERE e.account_id = o.account_id AND e.retry_at IS NOT NULL
     GROUP BY o.message_id
     UNION ALL
    SELECT o.message_id, e.notable, sum(e.recipients_count)
      FROM o JOIN delivery_envelope e ON e.message_id = o.message_id
     WHERE e.notable = ANY(%(notable)s::text[])
     GROUP BY o.message_id, e.notable
     UNION ALL
    SELECT s.message_id, 'skipped', count(*)
      FROM delivery_skip s WHERE s.message_id IN (SELECT message_id FROM o)
     GROUP BY s.message_id
"""


def counts_kept(message_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Recipients of each message by the stored state of their envelopes, without zeros. Of a
    message in the outbox, those accepted are left out; nothing is said of a message that is
    neither in the outbox nor settled."""
    if not message_ids:
        return {}
    found = rows_planned_now(_KEPT, {"ids": integers(message_ids), "notable": list(NOTABLE)})
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for message_id, state, recipients in found:
        counts[message_id][state] += recipients
    return {
        message_id: {state: people for state, people in of_message.items() if people}
        for message_id, of_message in counts.items()
    }
