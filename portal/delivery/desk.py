"""One gateway account's part in a run: what is claimed on it, and the lanes that carry it.

The database is asked only by methods that the run calls while its event loop stands still.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils import timezone

from portal.delivery.account_health import account_back_off, account_pause
from portal.delivery.answers import Outcome
from portal.delivery.buffer import Buffer
from portal.delivery.claims import (
    ClaimedEnvelope,
    ClaimKey,
    claims_end,
    claims_renew,
    envelopes_claim,
    envelopes_still_claimed,
    lease_end,
)
from portal.delivery.connections import connections_free, connections_renew, connections_resize
from portal.delivery.gateways import smtp_server_of
from portal.delivery.lanes import Lanes
from portal.delivery.letters import Stationery
from portal.delivery.models import ConnectionLease, GatewayAccount
from portal.delivery.pace import Pace
from portal.delivery.stop_watch import stopped_recall
from portal.delivery.tries import Try, explained, put_off, unwritable
from sms.lane import Lane
from sms.letter import LetterRefused
from sms.retry import Phase
from sms.smtp import SmtpFailure

log = logging.getLogger(__name__)


@dataclass
class Holding:
    """A claim of ours: when its lease ends, and which of its envelopes are not settled yet."""

    lease_until: datetime
    unsettled: set[ClaimKey]


class Desk:
    """Sends what is due on one account, on connections that it has leased."""

    def __init__(self, lease: ConnectionLease, tell: Callable[[], None]) -> None:
        self.account_id = lease.account_id
        self.lease = lease
        self.lanes = Lanes(tell)
        self.pace = Pace(lease.account_id, lease.connections)
        self.opened_at = self._worked_at = time.monotonic()
        self.retiring = False
        # Whether a claim is worth the try.
        self.has_more = True
        # When the limit per minute lets more go.
        self.next_slot: datetime | None = None
        self._account: GatewayAccount | None = None
        self._paper: Stationery | None = None
        self._buffer = Buffer()
        self._holdings: dict[uuid.UUID, Holding] = {}
        self._unsent: set[ClaimKey] = set()
        # Whether something of ours turned out to have been withdrawn or recalled.
        self._lost_some = False

    @property
    def can_begin(self) -> bool:
        return bool(self._buffer and self.lanes.idle) and self.lanes.busy < self.pace.limit

    @property
    def only_waits(self) -> bool:
        """Whether nothing but late answers keeps it."""
        return self.lanes.busy == self.lanes.late > 0 and not self._buffer

    @property
    def wants_help(self) -> bool:
        """Whether more is due than it can send, and other workers could."""
        if self._account is None or self.retiring or not self.has_more:
            return False
        has_plenty = len(self._buffer) > 2 * self.lanes.busy
        return has_plenty and self.lease.connections < self._account.connections

    @property
    def is_over(self) -> bool:
        """Whether nothing is on its way and nothing is likely to come soon."""
        if self._buffer or self.lanes.busy or self.lanes.outcomes or self.lanes.ready:
            self._worked_at = time.monotonic()
            return False
        lingers = time.monotonic() < self._worked_at + settings.DELIVERY_LINGER_SECONDS
        return self.retiring or not (self.has_more or lingers)

    # Claims.

    def claim(self, now: datetime, *, only_interactive: bool = False) -> None:
        """Take what is due, where the buffer runs low; interactive ones leave before the rest."""
        self._forget_what_was_lost()
        if self.retiring or not self.has_more:
            return
        waiting = self._buffer.urgent if only_interactive else len(self._buffer)
        if waiting > self.lanes.busy:
            return
        try:
            claimed = envelopes_claim(
                account_id=self.account_id,
                most=self.pace.chunk(),
                now=now,
                only_interactive=only_interactive,
            )
        except InvalidToken:
            self._wait_for_a_key()
            return
        self.next_slot = claimed.next_slot
        # Interactive ones that came back to the queue are left to a claim of everything.
        self.has_more = only_interactive or claimed.is_contended or claimed.took_some
        if not claimed.envelopes:
            return
        keys = {envelope.key for envelope in claimed.envelopes}
        self._holdings[claimed.token] = Holding(lease_end(now), keys)
        self._buffer.put(claimed.envelopes, urgent=only_interactive)
        self._obey(claimed.account)

    def _wait_for_a_key(self) -> None:
        """Nothing opens the account's password here: that must not end the run of the others."""
        log.error("account %s: none of PORTAL_ENCRYPTION_KEYS opens its password", self.account_id)
        words = explained(Phase.CONNECT, None, "internal error of the portal")
        account_back_off(self.account_id, because=words)
        self.retire()

    def _forget_what_was_lost(self) -> None:
        """A cancel or a pause takes the whole message: its other e-mails need no lane either."""
        if not self._lost_some:
            return
        self._lost_some = False
        ours = envelopes_still_claimed([envelope.key for envelope in self._buffer])
        self._unsent.update(one.key for one in self._buffer.keep(ours))

    def recall_stopped(self, now: datetime) -> None:
        """Let go of what is not handed over yet and has a number that was stopped just now."""
        if self._account is None:
            return
        ours = set().union(*(holding.unsettled for holding in self._holdings.values()))
        organisation_id = self._account.organisation_id
        if stopped_recall(ours - self._unsent, organisation_id=organisation_id, now=now):
            self._lost_some = True

    def _obey(self, account: GatewayAccount) -> None:
        """Go on with the account as it is now."""
        self._account = account
        self.pace.heed(account)
        self.lanes.lead_to(smtp_server_of(account))
        try:
            self._paper = Stationery(account)
        except LetterRefused as refusal:
            account_pause(self.account_id, because=f"letter: {refusal.code}")
            self.retire()

    def renew(self, now: datetime) -> None:
        """Keep the leases while we are alive, and let go of what ran out."""
        if not connections_renew(self.lease, now=now):
            self.retire()
        kept = claims_renew(self._holdings, now=now) if self._holdings else set()
        for token, holding in list(self._holdings.items()):
            if token in kept:
                holding.lease_until = lease_end(now)
            else:
                del self._holdings[token]

    def resize(self, wanted: int, now: datetime) -> None:
        """Hold ``wanted`` connections from now on, or as many as are free and in use."""
        if self.only_waits:
            wanted = self.lanes.late
        elif self._account is not None:
            wanted = min(wanted, self._account.connections)
        surplus = self.lanes.count - wanted
        for lane in self.lanes.idle[: max(0, surplus)]:
            self.lanes.drop(lane)
        to = max(wanted, self.lanes.count)
        if to != self.lease.connections:
            connections_resize(self.lease, to=to, now=now)
        self.pace.most = min(wanted, self.lease.connections)

    def end_settled_claims(self, now: datetime) -> None:
        """Queue what will not be sent again, and drop claims of which nothing else is open."""
        ended = [
            token for token, holding in self._holdings.items() if holding.unsettled <= self._unsent
        ]
        if not (ended or self._unsent):
            return
        claims_end(ended, unsent=self._unsent, now=now)
        for token in ended:
            del self._holdings[token]
        for holding in self._holdings.values():
            holding.unsettled -= self._unsent
        self._unsent.clear()

    # Sending.

    def feed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a try on every idle lane, and open lanes for what else is in the buffer."""
        while self._buffer and self.lanes.busy < self.pace.limit:
            lane = self.lanes.take_idle()
            if lane is None:
                break
            following = self._next_try(lane)
            if following is None:
                self.lanes.idle.append(lane)
                break
            self.lanes.begin(lane, following)
        room = min(len(self._buffer), self.pace.limit - self.lanes.count)
        if room > 0 and self.pace.may_open:
            self.lanes.open(room, loop)

    def write_dots(self, group: Collection[ClaimKey], passed: Collection[ClaimKey]) -> None:
        """Write the dots of those of the group that passed the point of no return, each with what
        follows. Lanes that came to their dot since it was asked for are of the next group.

        A worker that stood still past its lease writes none: the envelope may have been called
        uncertain since, and sent again by a person.
        """
        for lane, one in list(self.lanes.ready.items()):
            if one.envelope.key not in group:
                continue
            del self.lanes.ready[lane]
            if one.envelope.key not in passed:
                # No longer ours, or no longer queued: the claim's end will tell them apart.
                self._lost_some = True
                self._unsent.add(one.envelope.key)
                self.lanes.drop(lane)
            elif not self._is_ours(one.envelope, timezone.now()):
                self.lanes.outcomes.append(one.no_dot("too late for the dot"))
                self.lanes.drop(lane)
            elif self.lanes.busy > self.pace.limit or not self.lanes.may_follow(lane):
                self.lanes.commit(lane, None)
            else:
                self.lanes.commit(lane, self._next_try(lane))

    def withhold_dots(self) -> None:
        """Drop the lanes of the group: whether it passed is not known, and no dot was written."""
        ready, self.lanes.ready = self.lanes.ready, {}
        for lane, one in ready.items():
            self.lanes.drop(lane)
            self.lanes.outcomes.append(one.no_dot("no dot written"))

    def _next_try(self, lane: Lane) -> Try | None:
        while self._buffer:
            envelope = self._buffer.take()
            now = timezone.now()
            if not self._is_ours(envelope, now):
                continue
            if envelope.message.expires_at and envelope.message.expires_at <= now:
                self._unsent.add(envelope.key)
                continue
            if one := self._try(envelope, lane):
                return one
        return None

    def _try(self, envelope: ClaimedEnvelope, lane: Lane) -> Try | None:
        assert self._account is not None, "the envelope was claimed on it"
        assert self._paper is not None, "it had room for the account"
        try:
            return Try(envelope, self._account, self._paper, has_8bitmime=lane.has_8bitmime)
        except LetterRefused as refusal:
            self.lanes.outcomes.append(unwritable(envelope, refusal))
        except Exception as error:
            # One letter that trips over a fault of ours must not stop the others. Its traceback
            # could hold the password.
            log.error("envelope %s: %s before the dot", envelope.id, type(error).__name__)  # noqa: TRY400
            self.lanes.outcomes.append(put_off(envelope, "internal error of the portal"))
        return None

    def _is_ours(self, envelope: ClaimedEnvelope, now: datetime) -> bool:
        holding = self._holdings.get(envelope.token)
        return holding is not None and holding.lease_until > now

    def take_back_late(self, loop_time: float) -> None:
        """Give the tries behind late answers to other lanes, or back where none is to begin."""
        taken = [one.envelope for one in self.lanes.take_back_late(loop_time)]
        if self.retiring:
            self._unsent.update(envelope.key for envelope in taken)
        else:
            self._buffer.put_back(taken)

    def recorded(self, outcomes: Sequence[Outcome]) -> list[SmtpFailure]:
        """These are recorded, and need no claim any more. Returns the refusals until now."""
        for outcome in outcomes:
            if holding := self._holdings.get(outcome.envelope.token):
                holding.unsettled.discard(outcome.envelope.key)
        refusals, self.lanes.refusals = self.lanes.refusals, []
        return refusals

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """These are recorded; draw conclusions from them."""
        refusals = self.recorded(outcomes)
        if self.pace.must_stop(outcomes, refusals, has_lanes=self.lanes.count > 0):
            self.retire()

    # The end.

    def retire(self) -> None:
        """Begin nothing more; what is at its dot is finished."""
        self.retiring = True
        self._unsent.update(envelope.key for envelope in self._buffer.keep(()))

    def free(self, now: datetime) -> None:
        """Give everything back."""
        self.end_settled_claims(now)
        connections_free(self.lease)
