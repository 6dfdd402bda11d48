"""Recording what became of envelopes."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from portal.billing.services import Held, capture, release
from portal.delivery.models import Attempt, State
from sms.retry import Phase, Verdict, backoff

STATE_AFTER = {
    Verdict.ACCEPTED: State.ACCEPTED,
    Verdict.REJECTED: State.REJECTED,
    Verdict.UNCERTAIN: State.UNCERTAIN,
    Verdict.RETRY: State.QUEUED,
    Verdict.PAUSE_ACCOUNT: State.QUEUED,
}


@dataclass(frozen=True)
class Outcome:
    """One try's end. ``code`` and ``reply`` are the operator's last words, or the reason why
    there are none."""

    envelope_id: int
    token: uuid.UUID
    verdict: Verdict
    phase: Phase
    code: int | None
    reply: str
    started_at: datetime
    ended_at: datetime
    tries: int


@transaction.atomic
def outcomes_record(outcomes: Sequence[Outcome]) -> set[int]:
    """Settle envelopes by their outcomes, with attempts and money, in one transaction.

    Returns the ids settled; an envelope that is no longer ours keeps its state and only gains
    the attempt.
    """
    if not outcomes:
        return set()
    settled = _update_envelopes(outcomes)
    Attempt.objects.bulk_create(_attempt(outcome) for outcome in outcomes)
    capture(held for state, held in settled if state == State.ACCEPTED)
    release(held for state, held in settled if state == State.REJECTED)
    return {held.envelope_id for _state, held in settled}


def _update_envelopes(outcomes: Sequence[Outcome]) -> list[tuple[str, Held]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE delivery_envelope e
               SET state = r.state, token = NULL, lease_until = NULL, tries = e.tries + 1,
                   due_at = coalesce(r.due_at, e.due_at), answered_at = r.ended_at,
                   last_phase = r.phase, last_code = r.code, last_reply = r.reply,
                   author_told_at = NULL
              FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[], %(states)s::text[],
                          %(due)s::timestamptz[], %(ended)s::timestamptz[], %(phases)s::text[],
                          %(codes)s::int[], %(replies)s::text[])
                   AS r(id, token, state, due_at, ended_at, phase, code, reply)
             WHERE e.id = r.id AND e.token = r.token AND e.state IN ('claimed', 'transmitting')
            RETURNING e.state, e.organisation_id, e.message_id, e.id, e.reserved
            """,
            {
                "ids": [outcome.envelope_id for outcome in outcomes],
                "tokens": [outcome.token for outcome in outcomes],
                "states": [STATE_AFTER[outcome.verdict].value for outcome in outcomes],
                "due": [_due_again(outcome) for outcome in outcomes],
                "ended": [outcome.ended_at for outcome in outcomes],
                "phases": [outcome.phase.value for outcome in outcomes],
                "codes": [outcome.code for outcome in outcomes],
                "replies": [outcome.reply for outcome in outcomes],
            },
        )
        return [(row[0], Held(*row[1:])) for row in cursor.fetchall()]


def _due_again(outcome: Outcome) -> datetime | None:
    if outcome.verdict != Verdict.RETRY:
        return None
    return outcome.ended_at + backoff(outcome.tries + 1, jitter=random.random())  # noqa: S311


def _attempt(outcome: Outcome) -> Attempt:
    return Attempt(
        envelope_id=outcome.envelope_id,
        started_at=outcome.started_at,
        ended_at=outcome.ended_at,
        phase=outcome.phase.value,
        code=outcome.code,
        reply=outcome.reply,
        outcome=outcome.verdict.value,
    )
