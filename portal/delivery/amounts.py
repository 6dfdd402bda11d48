"""What a message comes to, in segments and in money, by what became of its recipients.

Of a uniform message all of it follows from how many they are. Of a personalised one it is summed
over envelopes, and as with ``outbox_counts`` never over those accepted: they are the rest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from portal.core.prepared import rows_planned_now
from portal.delivery.models import STORED, Message, State
from portal.delivery.selectors import Counts

_SPENT = frozenset({State.ACCEPTED, State.REPLACED})
_RETURNED = frozenset({State.REJECTED, State.CANCELLED, State.EXPIRED})
# Nothing is set aside for who is skipped; what was is released.
_RESERVED = STORED - {State.SKIPPED} - _SPENT - _RETURNED

_TAKEN_OUT = """
    SELECT coalesce(sum(t.segments), 0)
      FROM delivery_skip s
      JOIN delivery_envelope e ON e.message_id = s.message_id AND e.number = s.envelope_number
      JOIN delivery_envelopetext t ON t.envelope_id = e.id
     WHERE s.message_id = %(message)s
"""
_COSTS = f"""
    WITH o AS MATERIALIZED (
        SELECT message_id, account_id, cost_ahead
          FROM delivery_outboxentry WHERE message_id = %(message)s),
    claimed AS MATERIALIZED (
        SELECT DISTINCT unnest(c.envelope_ids) AS id FROM delivery_claim c
         WHERE c.account_id IN (SELECT account_id FROM o)),
    under_way AS (
        SELECT cost_ahead AS cost FROM o
         UNION ALL
        SELECT e.cost
          FROM claimed
         CROSS JOIN LATERAL (
               SELECT message_id, cost FROM delivery_envelope
                WHERE id = claimed.id AND state IN ('queued', 'transmitting') AND retry_at IS NULL
               OFFSET 0) AS e
         WHERE e.message_id = %(message)s
         UNION ALL
        SELECT e.cost FROM o JOIN delivery_envelope e ON e.message_id = o.message_id
         WHERE e.account_id = o.account_id AND e.retry_at IS NOT NULL)
    SELECT coalesce((SELECT sum(cost) FROM under_way), 0),
           coalesce(sum(e.cost) FILTER (WHERE e.notable = 'uncertain'), 0),
           coalesce(sum(e.cost) FILTER (WHERE e.notable <> 'uncertain'), 0),
           ({_TAKEN_OUT}),
           CASE WHEN %(has_replaced)s THEN (
               SELECT coalesce(sum(cost), 0) FROM delivery_envelope
                WHERE message_id = %(message)s AND state = 'replaced') ELSE 0 END
      FROM delivery_envelope e
     WHERE e.message_id = %(message)s AND e.notable IS NOT NULL
"""  # noqa: S608 - no value is formatted in


@dataclass(frozen=True)
class Amounts:
    """Money by where it went, or is."""

    spent: Decimal
    returned: Decimal
    reserved: Decimal


def segments_charged(message: Message, counts: Counts) -> int:
    """Of those who are not skipped; ``counts``: recipients by state, as stored or as shown."""
    skipped = counts.get(State.SKIPPED, 0)
    if not skipped:
        return message.segments_in_all
    if not message.is_personalised:
        return message.segments * (message.recipients_count - skipped)
    [[taken_out]] = rows_planned_now(_TAKEN_OUT, {"message": message.pk})
    return message.segments_in_all - int(taken_out)


def amounts_of(message: Message, stored: Counts) -> Amounts:
    """``stored``: recipients by the stored state of their envelopes."""
    if message.is_personalised:
        return _summed(message, stored)
    each = message.price_per_segment * message.segments
    return Amounts(
        spent=each * _people(stored, _SPENT),
        returned=each * (_people(stored, _RETURNED) + _taken_out(message, stored)),
        reserved=each * _people(stored, _RESERVED),
    )


def _people(stored: Counts, states: Collection[State]) -> int:
    return sum(stored.get(state, 0) for state in states)


def _taken_out(message: Message, stored: Counts) -> int:
    """How many were skipped after their money was set aside."""
    if State.SKIPPED not in stored:
        return 0
    return message.skips.filter(envelope_number__isnull=False).count()


def _summed(message: Message, stored: Counts) -> Amounts:
    has_replaced = State.REPLACED in stored
    [[under_way, uncertain, unsent, taken_out, replaced]] = rows_planned_now(
        _COSTS, {"message": message.pk, "has_replaced": has_replaced}
    )
    returned = unsent + taken_out * message.price_per_segment
    reserved = under_way + uncertain
    return Amounts(message.cost - reserved - returned + replaced, returned, reserved)
