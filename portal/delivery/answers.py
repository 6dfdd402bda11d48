"""Recording what became of envelopes, and which dots may be written next: one commit for both."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from portal.billing.services import Reserved, capture, release
from portal.core.prepared import integers, rows
from portal.delivery.claims import ClaimedEnvelope, ClaimKey
from portal.delivery.models import State
from sms.retry import Phase, Verdict, backoff

STATE_AFTER = {
    Verdict.ACCEPTED: State.ACCEPTED,
    Verdict.REJECTED: State.REJECTED,
    Verdict.UNCERTAIN: State.UNCERTAIN,
    Verdict.RETRY: State.QUEUED,
    Verdict.PAUSE_ACCOUNT: State.QUEUED,
}

_ACCEPT_THEN_PROMISE = """
    WITH accepted AS (
        UPDATE delivery_envelope e
           SET state = 'accepted', token = NULL, tries = e.tries + 1, answered_at = %(now)s,
               last_phase = 'dot', last_code = a.code, last_reply = a.reply
          FROM unnest(%(accepted)s::bigint[], %(codes)s::int[], %(replies)s::text[])
               AS a (id, code, reply)
         WHERE e.id = a.id AND e.state = 'transmitting' AND e.token = ANY(%(tokens)s::uuid[])
        RETURNING e.id, e.message_id, e.reserved),
    alive AS MATERIALIZED (
        SELECT c.token, w.place
          FROM unnest(%(claims)s::uuid[]) WITH ORDINALITY AS w (token, place)
          JOIN delivery_claim c ON c.token = w.token
         WHERE c.lease_until > %(now)s
           FOR NO KEY UPDATE OF c),
    passed AS (
        UPDATE delivery_envelope e
           SET state = 'transmitting', token = alive.token, transmitting_at = %(now)s
          FROM unnest(%(passing)s::bigint[], %(places)s::bigint[]) AS p (id, place)
          JOIN alive ON alive.place = p.place
         WHERE e.id = p.id AND e.state = 'queued' AND e.retry_at IS NULL
           AND (e.token IS NULL OR e.token = alive.token)
        RETURNING e.id, alive.place)
    SELECT id, message_id, reserved, NULL AS place FROM accepted
     UNION ALL
    SELECT id, NULL, NULL, place FROM passed
"""
_SETTLE = """
    UPDATE delivery_envelope e
       SET state = r.state, token = NULL, tries = e.tries + 1, retry_at = r.retry_at,
           answered_at = r.ended_at, last_phase = r.phase, last_code = r.code,
           last_reply = r.reply, author_told_at = NULL
      FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[], %(states)s::text[],
                  %(retries)s::timestamptz[], %(ended)s::timestamptz[], %(phases)s::text[],
                  %(codes)s::int[], %(replies)s::text[])
           AS r (id, token, state, retry_at, ended_at, phase, code, reply)
     WHERE e.id = r.id AND e.retry_at IS NULL
       AND (e.state = 'transmitting' AND e.token = r.token
            OR e.state = 'queued' AND (e.token IS NULL OR e.token = r.token) AND EXISTS (
               SELECT FROM delivery_claim c
                WHERE c.token = r.token AND e.id = ANY(c.envelope_ids)))
    RETURNING e.state, e.id, e.message_id, e.reserved
"""
_ATTEMPTS = """
    INSERT INTO delivery_attempt (envelope_id, started_at, ended_at, phase, code, reply, outcome)
    SELECT r.id, r.started_at, r.ended_at, r.phase, r.code, r.reply, r.verdict
      FROM unnest(%(ids)s::bigint[], %(started)s::timestamptz[], %(ended)s::timestamptz[],
                  %(phases)s::text[], %(codes)s::int[], %(replies)s::text[], %(verdicts)s::text[])
           AS r (id, started_at, ended_at, phase, code, reply, verdict)
     WHERE NOT EXISTS (
           SELECT FROM delivery_attempt a
            WHERE a.envelope_id = r.id AND a.started_at = r.started_at)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try's end. ``code`` and ``reply`` are the operator's last words, or the reason why
    there are none. ``is_our_own``: that is the portal's own trouble, not the operator's."""

    envelope: ClaimedEnvelope
    verdict: Verdict
    phase: Phase
    code: int | None
    reply: str
    started_at: datetime
    ended_at: datetime
    is_our_own: bool = False


def group_commit(
    *, outcomes: Sequence[Outcome], passing: Sequence[ClaimedEnvelope], now: datetime
) -> set[ClaimKey]:
    """Settle the last group's envelopes by their outcomes, with attempts and money, and commit
    that the closing dots of ``passing`` are about to be written: the point of no return.

    Returns those still ours; the dot of any other must not be written. Of an envelope that was
    recalled and claimed anew only the newest claim passes: it alone knows who is still among the
    recipients, and the account as it is now. An envelope of ``outcomes`` that is no longer ours
    keeps its state and only gains the attempt.
    """
    accepted = [outcome for outcome in outcomes if outcome.verdict is Verdict.ACCEPTED]
    others = [outcome for outcome in outcomes if outcome.verdict is not Verdict.ACCEPTED]
    if not others and not any(outcome.envelope.has_money for outcome in accepted):
        # The usual way is one statement, and one wait for the disk.
        return _accept_then_promise(accepted, passing, now)[1]
    with transaction.atomic():
        captured, passed = _accept_then_promise(accepted, passing, now)
        capture(captured)
        _settle(others)
    return passed


def outcomes_record(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """The same with no dots to write."""
    if outcomes:
        group_commit(outcomes=outcomes, passing=(), now=now)


def _accept_then_promise(
    accepted: Sequence[Outcome], passing: Sequence[ClaimedEnvelope], now: datetime
) -> tuple[list[Reserved], set[ClaimKey]]:
    claims = list({envelope.token for envelope in passing})
    place_of = {token: place for place, token in enumerate(claims, start=1)}
    found = rows(
        _ACCEPT_THEN_PROMISE,
        {
            "now": now,
            "accepted": integers(outcome.envelope.id for outcome in accepted),
            "codes": integers(outcome.code or 0 for outcome in accepted),
            "replies": [outcome.reply for outcome in accepted],
            "tokens": list({outcome.envelope.token for outcome in accepted}),
            "claims": claims,
            "passing": integers(envelope.id for envelope in passing),
            "places": integers(place_of[envelope.token] for envelope in passing),
        },
    )
    organisations = _organisations(accepted)
    settled = [
        Reserved(organisations[message_id], message_id, pk, reserved)
        for pk, message_id, reserved, _place in found
        if message_id is not None
    ]
    return settled, {(pk, claims[place - 1]) for pk, _message, _reserved, place in found if place}


def _settle(outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    found = rows(
        _SETTLE,
        {
            "ids": [outcome.envelope.id for outcome in outcomes],
            "tokens": [outcome.envelope.token for outcome in outcomes],
            "states": [STATE_AFTER[outcome.verdict].value for outcome in outcomes],
            "retries": [_due_again(outcome) for outcome in outcomes],
            "ended": [outcome.ended_at for outcome in outcomes],
            "phases": [outcome.phase.value for outcome in outcomes],
            "codes": [outcome.code for outcome in outcomes],
            "replies": [outcome.reply for outcome in outcomes],
        },
    )
    _attempts_insert(outcomes)
    organisations = _organisations(outcomes)
    release(
        Reserved(organisations[message_id], message_id, pk, reserved)
        for state, pk, message_id, reserved in found
        if state == State.REJECTED
    )


def _attempts_insert(outcomes: Sequence[Outcome]) -> None:
    """Once each: where a commit's answer was lost, the same outcomes are recorded again. The first
    time is over by then, for both lock the envelopes."""
    rows(
        _ATTEMPTS,
        {
            "ids": [outcome.envelope.id for outcome in outcomes],
            "started": [outcome.started_at for outcome in outcomes],
            "ended": [outcome.ended_at for outcome in outcomes],
            "phases": [outcome.phase.value for outcome in outcomes],
            "codes": [outcome.code for outcome in outcomes],
            "replies": [outcome.reply for outcome in outcomes],
            "verdicts": [outcome.verdict.value for outcome in outcomes],
        },
    )


def _organisations(outcomes: Sequence[Outcome]) -> dict[int, int]:
    """The organisation of each message."""
    messages = (outcome.envelope.message for outcome in outcomes)
    return {message.pk: message.organisation_id for message in messages}


def _due_again(outcome: Outcome) -> datetime | None:
    if STATE_AFTER[outcome.verdict] != State.QUEUED:
        return None
    if outcome.verdict == Verdict.PAUSE_ACCOUNT:
        return outcome.ended_at
    jitter = random.random()  # noqa: S311 - no secret
    return outcome.ended_at + backoff(outcome.envelope.tries + 1, jitter=jitter)
