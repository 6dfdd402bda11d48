"""Recipients whose numbers came on a stop list since their message was submitted: taken out of what
a claim takes, with their money.

The claim's locks keep everybody else from these envelopes, and the ledger comes after them in the
one order of locks.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from portal.billing.services import Reserved, release
from portal.core.prepared import rows
from portal.delivery.models import SkippedBecause
from portal.delivery.slices import Slice, columns_of

# What came on a list before a message was submitted was skipped then. A submit and an import take
# their time, and clocks differ.
MARGIN = timedelta(hours=1)

_ANY_SINCE = """
    SELECT EXISTS (SELECT FROM contacts_stoplistentry
                    WHERE organisation_id = %(organisation)s AND created_at > %(since)s)
        OR EXISTS (SELECT FROM contacts_stoplistentry
                    WHERE organisation_id IS NULL AND created_at > %(since)s)
"""
_STOPPED_BY = """
    SELECT r.id, %({because})s AS because, stop.reason, {rank} AS rank
      FROM contacts_stoplistentry stop
      JOIN slice ON true
      JOIN delivery_recipient r ON r.message_id = slice.message_id AND r.phone = stop.phone
      JOIN delivery_envelope e ON e.id = r.envelope_id
     WHERE {whose} AND stop.created_at > %(since)s
       AND e.number BETWEEN slice.low AND slice.high AND e.state = 'queued'
"""
_OWN = _STOPPED_BY.format(
    because="own", rank=1, whose="stop.organisation_id = %(organisation)s::bigint"
)
_PLATFORM = _STOPPED_BY.format(because="platform", rank=2, whose="stop.organisation_id IS NULL")
_TAKE_OUT = f"""
    WITH slice AS (
        SELECT * FROM unnest(%(messages)s::bigint[], %(lows)s::int[], %(highs)s::int[])
            AS s (message_id, low, high)),
    stopped AS (
        SELECT DISTINCT ON (id) id, because, reason FROM ({_OWN} UNION ALL {_PLATFORM}) AS found
         ORDER BY id, rank),
    gone AS (
        DELETE FROM delivery_recipient r USING stopped WHERE r.id = stopped.id
        RETURNING r.message_id, r.envelope_id, r.phone, r.name, stopped.because, stopped.reason),
    noted AS (
        INSERT INTO delivery_skip (message_id, phone, name, reason, note, at, envelope_number)
        SELECT gone.message_id, gone.phone, gone.name, gone.because, gone.reason, %(now)s, e.number
          FROM gone JOIN delivery_envelope e ON e.id = gone.envelope_id),
    fewer AS (
        SELECT e.id, e.recipients_count - count(*) AS people,
               e.cost / e.recipients_count AS price, e.reserved > 0 AS is_reserved
          FROM gone JOIN delivery_envelope e ON e.id = gone.envelope_id
         GROUP BY e.id)
    UPDATE delivery_envelope e
       SET recipients_count = fewer.people,
           cost = fewer.people * fewer.price,
           reserved = CASE WHEN is_reserved THEN fewer.people * fewer.price ELSE 0 END,
           state = CASE WHEN fewer.people = 0 THEN 'skipped' ELSE e.state END,
           token = CASE WHEN fewer.people > 0 THEN e.token END
      FROM fewer, delivery_envelope old
     WHERE e.id = fewer.id AND old.id = fewer.id
    RETURNING e.id, e.message_id, e.recipients_count, old.reserved - e.reserved
"""  # noqa: S608 - no value is formatted in


def any_stopped_since(since: datetime, *, organisation_id: int) -> bool:
    """Whether anything came on the organisation's list or the platform's."""
    [[found]] = rows(_ANY_SINCE, {"organisation": organisation_id, "since": since})
    return bool(found)


def stopped_take_out(slices: Sequence[Slice], *, organisation_id: int, now: datetime) -> None:
    """Move recipients of the queued envelopes of a claim's ``slices``, all of the organisation, to
    ``Skip`` where their numbers came on its stop list or the platform's, and release their money.

    An envelope without recipients left is ``skipped``. Where nothing came on the lists, this is one
    look into an index.
    """
    if not slices:
        return
    since = min(part.message.created_at for part in slices) - MARGIN
    if any_stopped_since(since, organisation_id=organisation_id):
        release(_taken_out(slices, organisation_id, since, now))


def _taken_out(
    slices: Sequence[Slice], organisation_id: int, since: datetime, now: datetime
) -> list[Reserved]:
    # Not prepared: whether to begin at the lists or at the recipients depends on their sizes.
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE_OUT,
            {
                "organisation": organisation_id,
                "own": SkippedBecause.STOP_LIST.value,
                "platform": SkippedBecause.PLATFORM_STOP_LIST.value,
                "since": since,
                "now": now,
                **columns_of(slices),
            },
        )
        return [
            Reserved(organisation_id, message_id, envelope_id, money, recipients_left=people)
            for envelope_id, message_id, people, money in cursor.fetchall()
        ]
