"""Claims: which worker run alone may send which queued envelopes, and until when.

A claim is a lease over envelopes that stay ``queued``. Whoever is about to write a dot asks the
rows once more (``answers.group_commit``), so that a claim that ran out, or was made twice, costs
time and sends nothing twice. Leases only decide when others may take over; clocks of several
machines may differ by half a lease, for it is renewed when a third of it has passed.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from portal.core.prepared import integers, rows
from portal.delivery.models import GatewayAccount, Message, OutboxEntry
from portal.delivery.permits import Permits
from portal.delivery.recall import claim_begins
from portal.delivery.scheduling import BULK, INTERACTIVE, entries_due, may_send
from portal.delivery.slices import Slice, columns_of
from portal.delivery.stopped import stopped_take_out

_UNLIMITED = 1_000_000

# An envelope's id and the token of its claim: what was recalled may be claimed twice by one run.
ClaimKey = tuple[int, uuid.UUID]


@dataclass(frozen=True, slots=True)
class ClaimedEnvelope:
    """A queued envelope that is ours to send; ``numbers`` are its MSISDNs in order. ``text``: its
    own one where the message is personalised."""

    id: int
    token: uuid.UUID
    message: Message
    text: str
    number: int
    tries: int
    numbers: tuple[str, ...]
    has_money: bool

    @property
    def key(self) -> ClaimKey:
        return self.id, self.token


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim took under ``token``. ``next_slot``: when the account's limit per minute lets
    more go (None: at once). ``is_contended``: others held locks on what else was due.
    ``took_some``: there was something, though all of it may have been stopped."""

    token: uuid.UUID
    account: GatewayAccount
    envelopes: Sequence[ClaimedEnvelope] = ()
    next_slot: datetime | None = None
    is_contended: bool = False
    took_some: bool = False


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


@transaction.atomic
def envelopes_claim(
    *, account_id: int, most: int, now: datetime, only_interactive: bool = False
) -> Claimed:
    """Take up to ``most`` due envelopes, interactive first, and commit that we hold them.

    Messages that may no longer be sent are held, and not in the claim; those too late are left to
    the sweep. Recipients stopped since their message was submitted are skipped.
    """
    claim_begins()
    token = uuid.uuid4()
    account = _account(account_id)
    allowed = min(most, _allowance(account, now)) if may_send(account, now=now) else 0
    if not allowed:
        return Claimed(token, account, next_slot=account.next_slot if account.per_minute else None)
    choice = _Choice(account_id, token, allowed, now)
    choice.take_new(INTERACTIVE)
    if not only_interactive:
        choice.take_returned()
        choice.take_new(BULK)
    stopped_take_out(choice.slices, organisation_id=account.organisation_id, now=now)
    envelopes = _envelopes(token, choice.slices)
    if envelopes:
        _claim_insert(token, account, envelopes, now)
    _spend_slots(account, len(envelopes), now)
    return Claimed(
        token,
        account,
        envelopes,
        account.next_slot if account.per_minute else None,
        choice.is_contended,
        bool(choice.slices),
    )


def _claim_insert(
    token: uuid.UUID,
    account: GatewayAccount,
    envelopes: Sequence[ClaimedEnvelope],
    now: datetime,
) -> None:
    rows(
        """
        INSERT INTO delivery_claim (token, account_id, lease_until, envelope_ids)
        VALUES (%(token)s, %(account)s, %(until)s, %(ids)s::bigint[])
        """,
        {
            "token": token,
            "account": account.pk,
            "until": lease_end(now),
            "ids": integers(envelope.id for envelope in envelopes),
        },
    )


def _account(account_id: int) -> GatewayAccount:
    accounts = GatewayAccount.objects.select_related("organisation")
    account = accounts.get(pk=account_id)
    if account.per_minute is None:
        return account
    # Its slots are given out one claim at a time. Envelopes refer to the account while they are
    # inserted: a full lock would stop submits.
    return accounts.select_for_update(of=("self",), no_key=True).get(pk=account_id)


def _allowance(account: GatewayAccount, now: datetime) -> int:
    """E-mails that may go now: at most one second's worth of the limit at a time."""
    if account.per_minute is None:
        return _UNLIMITED
    if account.next_slot and account.next_slot > now:
        return 0
    return max(1, account.per_minute // 60)


def _spend_slots(account: GatewayAccount, count: int, now: datetime) -> None:
    if account.per_minute is None or not count:
        return
    start = max(account.next_slot or now, now)
    account.next_slot = start + count * timedelta(minutes=1) / account.per_minute
    account.save(update_fields=["next_slot"])


class _Choice:
    """The parts of messages that one claim takes, in order."""

    def __init__(self, account_id: int, token: uuid.UUID, most: int, now: datetime) -> None:
        self.slices: list[Slice] = []
        self.is_contended = False
        self._account_id = account_id
        self._token = token
        self._room = most
        self._now = now
        self._permits = Permits()

    def take_new(self, priority: int) -> None:
        """Move the cursors of due messages, as far as there is room."""
        locked = self._lock_entries(priority)
        moved = []
        for entry in locked:
            if self._room and self._may_leave(entry.message):
                high = min(entry.last_number, entry.next_number + self._room - 1)
                self._take(Slice(entry.message, entry.next_number, high))
                moved.append((entry.message_id, high + 1))
        _move_cursors(moved)

    def _lock_entries(self, priority: int) -> list[OutboxEntry]:
        if not self._room:
            return []
        due = entries_due(self._account_id, now=self._now).filter(priority=priority)
        wanted, room = [], self._room
        spans = due.values_list("message", "next_number", "last_number")[: self._room]
        for message_id, low, last in spans:
            if room <= 0:
                break
            wanted.append(message_id)
            room -= last - low + 1
        locked = list(
            due.filter(message__in=wanted)
            .select_related("message__sender_name", "message__author", "message__vouched_by")
            .select_for_update(of=("self",), skip_locked=True, no_key=True)
        )
        self.is_contended |= len(locked) < len(wanted)
        return locked

    def take_returned(self) -> None:
        """Take what came back to the queue, oldest first."""
        found = _lock_returned(self._account_id, self._room, self._now) if self._room else []
        messages = _messages({message_id for _id, message_id, _number in found})
        leaving = [row for row in found if self._may_leave(messages[row[1]])]
        for _id, message_id, number in leaving:
            self._take(Slice(messages[message_id], number, number))
        _leave_the_returned([row[0] for row in leaving], self._token)

    def _take(self, part: Slice) -> None:
        self.slices.append(part)
        self._room -= part.high - part.low + 1

    def _may_leave(self, message: Message) -> bool:
        reason = self._permits.reason_to_hold(message)
        if not reason:
            return True
        entry = OutboxEntry.objects.filter(message=message)
        # Whoever has it may be waiting for envelopes that we have locked.
        if entry.select_for_update(skip_locked=True, no_key=True).first() is None:
            self.is_contended = True
        else:
            entry.update(held_because=reason, author_told_at=None)
        return False


def _messages(ids: Collection[int]) -> dict[int, Message]:
    people = ("sender_name", "author", "vouched_by")
    return Message.objects.select_related(*people).in_bulk(ids) if ids else {}


def _move_cursors(moved: Sequence[tuple[int, int]]) -> None:
    if moved:
        rows(
            """
            UPDATE delivery_outboxentry o
               SET next_number = moved.next_number,
                   recipients_ahead = o.recipients_ahead - CASE
                       -- One recipient each.
                       WHEN o.recipients_ahead = o.last_number - o.next_number + 1
                       THEN moved.next_number - o.next_number
                       ELSE (SELECT sum(e.recipients_count) FROM delivery_envelope e
                              WHERE e.message_id = o.message_id
                                AND e.number >= o.next_number AND e.number < moved.next_number)
                   END,
                   cost_ahead = CASE
                       -- Of personalised messages alone.
                       WHEN o.cost_ahead IS NOT NULL
                       THEN o.cost_ahead - (SELECT sum(e.cost) FROM delivery_envelope e
                              WHERE e.message_id = o.message_id
                                AND e.number >= o.next_number AND e.number < moved.next_number)
                   END
              FROM unnest(%(ids)s::bigint[], %(next)s::int[]) AS moved (message_id, next_number)
             WHERE o.message_id = moved.message_id
            """,
            {"ids": integers(pk for pk, _next in moved), "next": integers(n for _pk, n in moved)},
        )


def _lock_returned(account_id: int, most: int, now: datetime) -> list[tuple[int, int, int]]:
    """Ids, messages and numbers."""
    return rows(
        """
        SELECT e.id, e.message_id, e.number
          FROM delivery_envelope e
          JOIN delivery_outboxentry o ON o.message_id = e.message_id
          JOIN delivery_message m ON m.id = e.message_id
         WHERE e.account_id = %(account)s AND e.retry_at <= %(now)s AND e.state = 'queued'
           AND o.held_because = '' AND o.paused_at IS NULL
           AND (m.expires_at IS NULL OR m.expires_at > %(now)s)
         ORDER BY o.priority, e.retry_at, e.id LIMIT %(most)s
           FOR NO KEY UPDATE OF e SKIP LOCKED
        """,
        {"account": account_id, "now": now, "most": most},
    )


def _leave_the_returned(ids: Sequence[int], token: uuid.UUID) -> None:
    """From now on older claims of them let nothing pass."""
    if ids:
        rows(
            """
            UPDATE delivery_envelope SET retry_at = NULL, token = %(token)s
             WHERE id = ANY(%(ids)s::bigint[])
            """,
            {"ids": integers(ids), "token": token},
        )


def _envelopes(token: uuid.UUID, slices: Sequence[Slice]) -> list[ClaimedEnvelope]:
    if not slices:
        return []
    found = rows(
        """
        SELECT s.place, e.id, e.number, e.tries, e.reserved > 0,
               ARRAY(SELECT r.phone FROM delivery_recipient r
                      WHERE r.envelope_id = e.id ORDER BY r.id)
          FROM unnest(%(messages)s::bigint[], %(lows)s::int[], %(highs)s::int[])
               WITH ORDINALITY AS s (message_id, low, high, place)
          JOIN delivery_envelope e
            ON e.message_id = s.message_id AND e.number BETWEEN s.low AND s.high
         WHERE e.state = 'queued'
         ORDER BY s.place, e.number
        """,
        columns_of(slices),
    )
    messages = [part.message for part in slices]
    texts = _own_texts([pk for place, pk, *_ in found if messages[place - 1].is_personalised])
    return [
        ClaimedEnvelope(
            id=pk,
            token=token,
            message=(message := messages[place - 1]),
            # Without a text it is refused; never does the template leave.
            text=texts.get(pk, "") if message.is_personalised else message.text,
            number=number,
            tries=tries,
            numbers=tuple(phones),
            has_money=has_money,
        )
        for place, pk, number, tries, has_money, phones in found
    ]


def _own_texts(envelope_ids: Sequence[int]) -> dict[int, str]:
    """Texts of envelopes of personalised messages, by their ids."""
    if not envelope_ids:
        return {}
    found = rows(
        """
        SELECT envelope_id, text FROM delivery_envelopetext
         WHERE envelope_id = ANY(%(ids)s::bigint[])
        """,
        {"ids": integers(envelope_ids)},
    )
    return dict(found)


def claims_renew(tokens: Collection[uuid.UUID], *, now: datetime) -> set[uuid.UUID]:
    """We are alive: what we hold stays ours for another lease. Returns the claims that stay; the
    others ran out, and their envelopes may be others' by now."""
    found = rows(
        """
        UPDATE delivery_claim SET lease_until = %(until)s
         WHERE token = ANY(%(tokens)s::uuid[]) AND lease_until > %(now)s
        RETURNING token
        """,
        {"tokens": list(tokens), "now": now, "until": lease_end(now)},
    )
    return {token for (token,) in found}


def envelopes_still_claimed(keys: Collection[ClaimKey]) -> set[ClaimKey]:
    """Those of our claimed envelopes that nobody has withdrawn or recalled since."""
    found = rows(
        """
        SELECT e.id, u.token
          FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS u (id, token)
          JOIN delivery_envelope e ON e.id = u.id
         WHERE e.state = 'queued' AND e.retry_at IS NULL
           AND (e.token IS NULL OR e.token = u.token)
        """,
        columns_of_keys(keys),
    )
    return set(found)


def columns_of_keys(keys: Collection[ClaimKey]) -> dict[str, object]:
    """Parameters ``ids`` and ``tokens`` for ``unnest``."""
    return {"ids": integers(pk for pk, _token in keys), "tokens": [token for _pk, token in keys]}


def claims_end(
    tokens: Collection[uuid.UUID], *, unsent: Collection[ClaimKey], now: datetime
) -> None:
    """Put ``unsent`` envelopes of claims that live back into the queue, and drop the claims of
    which nothing else is open."""
    rows(
        """
        WITH ended AS (DELETE FROM delivery_claim WHERE token = ANY(%(ended)s::uuid[]))
        UPDATE delivery_envelope e SET retry_at = %(now)s
          FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS u (id, token)
          JOIN delivery_claim c ON c.token = u.token
         WHERE e.id = u.id AND e.state = 'queued' AND e.retry_at IS NULL
           AND (e.token IS NULL OR e.token = u.token)
        """,
        {"ended": list(tokens), "now": now, **columns_of_keys(unsent)},
    )
