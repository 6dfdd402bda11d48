"""Claims and leases: which worker holds which envelope, and until when.

Every step out of ``claimed`` and ``transmitting`` is guarded by token and state, so that a worker
that was stopped for an hour can wake up and change nothing. Leases only decide when others may
take over; clocks of several machines may differ by less than a lease.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Prefetch

from portal.billing.services import release
from portal.delivery.models import (
    Attempt,
    Envelope,
    GatewayAccount,
    HeldBecause,
    Recipient,
    State,
)
from portal.delivery.money import held_for
from portal.delivery.permits import reason_to_hold
from sms.retry import Phase, Verdict, backoff

MOST_SWEPT = 1000
LOSSES_FORGIVEN = 3


@dataclass(frozen=True)
class Claim:
    """Envelopes this worker holds under ``token``; ``next_slot`` says when the account's limit
    per minute lets more go (None: at once)."""

    token: uuid.UUID
    account: GatewayAccount | None
    envelopes: Sequence[Envelope] = ()
    next_slot: datetime | None = None


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


@transaction.atomic
def envelopes_claim(*, account_id: int, most: int, now: datetime) -> Claim:
    """Take up to ``most`` due envelopes, interactive first, and commit that we hold them.

    What may no longer be sent is held, what is too late expires; neither is in the claim.
    """
    token = uuid.uuid4()
    # Envelopes refer to the account while they are inserted: a full lock would stop submits.
    account = (
        GatewayAccount.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .get(pk=account_id)
    )
    if account.is_paused or (account.not_before and account.not_before > now):
        return Claim(token, account)
    allowed = min(most, _allowance(account, now))
    due = _lock_due(account_id, allowed, now) if allowed else []
    sendable = _set_aside(due, now)
    _spend_slots(account, len(sendable), now)
    Envelope.objects.filter(pk__in=[envelope.pk for envelope in sendable]).update(
        state=State.CLAIMED, token=token, lease_until=lease_end(now)
    )
    return Claim(token, account, sendable, account.next_slot if account.per_minute else None)


def _allowance(account: GatewayAccount, now: datetime) -> int:
    """E-mails that may go now: at most one second's worth of the limit at a time."""
    if account.per_minute is None:
        return 1_000_000
    if account.next_slot and account.next_slot > now:
        return 0
    return max(1, account.per_minute // 60)


def _spend_slots(account: GatewayAccount, count: int, now: datetime) -> None:
    if account.per_minute is None or not count:
        return
    start = max(account.next_slot or now, now)
    account.next_slot = start + count * timedelta(minutes=1) / account.per_minute
    account.save(update_fields=["next_slot"])


def _lock_due(account_id: int, most: int, now: datetime) -> list[Envelope]:
    in_order = Prefetch("recipients", Recipient.objects.order_by("id"))
    return list(
        Envelope.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(account_id=account_id, state=State.QUEUED, due_at__lte=now)
        .select_related("message__sender_name", "message__author", "message__vouched_by")
        .prefetch_related(in_order)
        .order_by("priority", "due_at", "id")[:most]
    )


def _set_aside(due: Iterable[Envelope], now: datetime) -> list[Envelope]:
    sendable, expired = [], []
    reasons: dict[tuple[int, int, str], HeldBecause | None] = {}
    for envelope in due:
        message = envelope.message
        if envelope.expires_at and envelope.expires_at < now:
            expired.append(envelope)
            continue
        # Many small messages of one person ask the same question.
        question = (message.answerable.pk, message.sender_name_id, message.sender_value)
        if question not in reasons:
            reasons[question] = reason_to_hold(message, message.answerable)
        if reason := reasons[question]:
            _hold(envelope, reason)
        else:
            sendable.append(envelope)
    _expire(expired)
    return sendable


def _hold(envelope: Envelope, reason: HeldBecause) -> None:
    Envelope.objects.filter(pk=envelope.pk).update(
        state=State.HELD, held_because=reason, author_told_at=None
    )


def _expire(expired: Sequence[Envelope]) -> None:
    if expired:
        Envelope.objects.filter(pk__in=[envelope.pk for envelope in expired]).update(
            state=State.EXPIRED
        )
        release(held_for(expired))


def pass_point_of_no_return(
    *, envelope_ids: Collection[int], token: uuid.UUID, now: datetime
) -> set[int]:
    """Commit that the closing dots of these envelopes are about to be written.

    Returns those still ours; the dot of any other must not be written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE delivery_envelope
               SET state = 'transmitting', transmitting_at = %(now)s, lease_until = %(until)s
             WHERE id = ANY(%(ids)s) AND token = %(token)s
               AND state = 'claimed' AND lease_until > %(now)s
            RETURNING id
            """,
            {"ids": list(envelope_ids), "token": token, "now": now, "until": lease_end(now)},
        )
        return {row[0] for row in cursor.fetchall()}


def leases_renew(*, token: uuid.UUID, now: datetime) -> None:
    """We are alive: what we still hold under ``token`` stays ours for another lease."""
    under_lease = Envelope.objects.filter(state__in=[State.CLAIMED, State.TRANSMITTING])
    under_lease.filter(token=token, lease_until__gt=now).update(lease_until=lease_end(now))


def claim_give_back(*, token: uuid.UUID) -> None:
    """Return to the queue whatever of the claim no dot was promised for."""
    Envelope.objects.filter(token=token, state=State.CLAIMED).update(
        state=State.QUEUED, token=None, lease_until=None
    )


@transaction.atomic
def leases_sweep(*, now: datetime) -> tuple[int, int]:
    """Deal with envelopes whose worker vanished: back to the queue before the point of no
    return, uncertain after it. Returns how many of each."""
    run_out = list(
        Envelope.objects.select_for_update(skip_locked=True)
        .filter(state__in=[State.CLAIMED, State.TRANSMITTING], lease_until__lte=now)
        .order_by("lease_until")[:MOST_SWEPT]
    )
    before_dot = [envelope for envelope in run_out if envelope.state == State.CLAIMED]
    after_dot = [envelope for envelope in run_out if envelope.state == State.TRANSMITTING]
    _requeue(before_dot, now)
    _make_uncertain(after_dot, now)
    return len(before_dot), len(after_dot)


def _requeue(envelopes: Sequence[Envelope], now: datetime) -> None:
    Attempt.objects.bulk_create(
        _attempt(envelope, Phase.BODY, Verdict.RETRY, now) for envelope in envelopes
    )
    for envelope in envelopes:
        envelope.state, envelope.token, envelope.lease_until = State.QUEUED, None, None
        envelope.tries += 1
        if envelope.tries > LOSSES_FORGIVEN:
            # It may be this envelope that kills its workers.
            envelope.due_at = now + backoff(envelope.tries - LOSSES_FORGIVEN, jitter=0.5)
    fields = ["state", "token", "lease_until", "tries", "due_at"]
    Envelope.objects.bulk_update(envelopes, fields)


def _make_uncertain(envelopes: Sequence[Envelope], now: datetime) -> None:
    Attempt.objects.bulk_create(
        _attempt(envelope, Phase.DOT, Verdict.UNCERTAIN, now) for envelope in envelopes
    )
    Envelope.objects.filter(pk__in=[envelope.pk for envelope in envelopes]).update(
        state=State.UNCERTAIN,
        token=None,
        lease_until=None,
        last_phase=Phase.DOT.value,
        last_code=None,
        last_reply="",
        author_told_at=None,
    )


def _attempt(envelope: Envelope, phase: Phase, verdict: Verdict, now: datetime) -> Attempt:
    return Attempt(
        envelope=envelope,
        started_at=envelope.transmitting_at or now,
        ended_at=now,
        phase=phase.value,
        reply="worker vanished",
        outcome=verdict.value,
    )
