"""The delivery engine: one worker's run over the outboxes of one or more gateway accounts.

One event loop drives all lanes of the run. It brings them to "dot withheld", stands still for one
commit that records the answers to the last dots and promises the next (the point of no return),
and then writes those dots, each together with the commands of the e-mail that follows. So
transactions are plain and blocking, and no commit ever waits inside a coroutine.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from portal.delivery.answers import group_commit, outcomes_record
from portal.delivery.connections import connections_lease
from portal.delivery.desk import Desk
from portal.delivery.doorbell import call_for_help, ring, ring_at
from portal.delivery.meters import Meter
from portal.delivery.scheduling import INTERACTIVE, Due, accounts_due, is_due
from portal.delivery.stand_in import StandIn
from portal.delivery.stopping import is_stopping
from portal.embedded.postgres import EmbeddedPostgresError
from sms.lane import catch_up

log = logging.getLogger(__name__)
T = TypeVar("T")

# Django lets through in psycopg's words what the closing of a cursor says.
DATABASE_AWAY = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    EmbeddedPostgresError,
)

# Other tasks wait for this worker process too.
RUN_SECONDS = 10.0
TICK_SECONDS = 0.25
# A group forms until all its lanes are there, or until nothing was heard of the others so long.
QUIET_SECONDS = 0.003
# Where more accounts wait than there is room for, each has its turn of this length.
TURN_SECONDS = 2.0
ASK_AGAIN_SECONDS = 1.0
STOP_LIST_SECONDS = 1.0


def deliver_account(account_id: int) -> int:
    """Send what is due on the account, and meanwhile on others that wait, until nothing is or the
    run's time is over; returns how many envelopes were settled. Safe to run any number of times
    at once."""
    with Run() as run:
        run.adopt(account_id)
        settled = run.deliver()
    run.ring_for_the_rest()
    return settled


class Run:
    """The desks of one run; a context manager that leaves nothing open."""

    def __init__(self) -> None:
        self.desks: dict[int, Desk] = {}
        self.served: set[int] = set()
        self.settled = 0
        self._loop = asyncio.new_event_loop()
        self._news: asyncio.Future[None] | None = None
        self._began = self._ticked = self._renewed = self._stops_seen = time.monotonic()
        self._stand_in = StandIn()
        self._not_before: dict[int, float] = {}
        self._called: dict[int, float] = {}
        self._next_slots: dict[int, datetime] = {}
        self._meter = Meter(timezone.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            for desk in self.desks.values():
                desk.lanes.abort()
                self._loop.run_until_complete(desk.lanes.stop_opening())
        finally:
            self._loop.close()

    def adopt(self, account_id: int) -> None:
        """Serve the account too, with a fair share of the connections, if it has any free."""
        share = self._share(len(self.desks) + 1)
        lease = connections_lease(account_id=account_id, most=share, now=timezone.now())
        if lease is None:
            self._not_before[account_id] = time.monotonic() + ASK_AGAIN_SECONDS
            return
        self.desks[account_id] = Desk(lease, self._tell)
        self.served.add(account_id)

    def deliver(self) -> int:
        try:
            while self.desks:
                self._turn()
        except DATABASE_AWAY as error:
            log.warning("database away, no more claims: %s", type(error).__name__)
            close_old_connections()
            self._drain()
        # Figures for operations are worth no failed run.
        with suppress(*DATABASE_AWAY):
            self._meter.flush(timezone.now())
        return self.settled

    def _turn(self) -> None:
        for desk in self.desks.values():
            desk.claim(timezone.now())
            desk.feed(self._loop)
        self._loop.run_until_complete(self._form_group())
        self._commit_group()
        if time.monotonic() >= self._ticked + TICK_SECONDS:
            self._ticked = time.monotonic()
            self._tick()
        self._let_go_of_idle_ones()

    # Groups.

    def _tell(self) -> None:
        """A lane was heard of; the group is worth a look once none is expected any more."""
        if self._news is not None and not self._news.done() and not self._pending:
            self._news.set_result(None)

    @property
    def _pending(self) -> int:
        return sum(desk.lanes.pending for desk in self.desks.values())

    @property
    def _heard(self) -> int:
        lanes = [desk.lanes for desk in self.desks.values()]
        return sum(len(one.ready) + len(one.outcomes) + len(one.refusals) for one in lanes)

    async def _form_group(self) -> None:
        """Wait until every lane was heard of, or those heard of have waited long enough."""
        before, tick_at = -1, self._ticked + TICK_SECONDS
        while (heard := self._heard) != before or not heard:
            before = heard
            left = tick_at - time.monotonic()
            if left <= 0 or (heard and not self._pending) or self._any_can_begin():
                return
            self._news = self._loop.create_future()
            wake = self._loop.call_later(min(left, QUIET_SECONDS) if heard else left, self._wake)
            await self._news
            wake.cancel()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _any_can_begin(self) -> bool:
        return any(desk.can_begin for desk in self.desks.values())

    def _commit_group(self) -> None:
        """Record what the lanes said, and write the dots that this commit promises."""
        outcomes = {desk: desk.lanes.take_outcomes() for desk in self.desks.values()}
        ready = [one for desk in self.desks.values() for one in desk.lanes.ready.values()]
        # In one order, so that workers wait for each other's rows and never in a circle.
        passing = sorted((one.envelope for one in ready), key=lambda envelope: envelope.id)
        everything = [outcome for of_desk in outcomes.values() for outcome in of_desk]
        if everything or passing:
            now = timezone.now()
            try:
                passed = group_commit(outcomes=everything, passing=passing, now=now)
            except DATABASE_AWAY:
                # Whether it was committed is not known.
                passed = set()
                for desk in self.desks.values():
                    desk.withhold_dots()
                    everything += desk.lanes.outcomes
                    outcomes[desk] += desk.lanes.take_outcomes()
                _persistently(partial(outcomes_record, everything, now=now))
            self.settled += len(everything)
            self._loop.run_until_complete(catch_up())
            group = {envelope.key for envelope in passing}
            for desk in self.desks.values():
                desk.write_dots(group, passed)
        for desk, of_desk in outcomes.items():
            self._meter.note(desk.account_id, of_desk)
            desk.settled(of_desk)

    # Four times a second.

    def _tick(self) -> None:
        now = timezone.now()
        if time.monotonic() >= self._renewed + settings.DELIVERY_LEASE_SECONDS / 3:
            self._renewed = time.monotonic()
            for desk in self.desks.values():
                desk.renew(now)
        if time.monotonic() >= self._stops_seen + STOP_LIST_SECONDS:
            self._stops_seen = time.monotonic()
            for desk in self.desks.values():
                desk.recall_stopped(now)
        for desk in self.desks.values():
            desk.take_back_late(self._loop.time())
            desk.end_settled_claims(now)
        self._meter.flush_now_and_then(now)
        self._heed(accounts_due(now=now))
        self._share_out()
        self._call_for_help()
        if is_stopping():
            self._retire()
        elif self._is_overtime:
            self._end_or_stand_in()

    @property
    def _is_overtime(self) -> bool:
        return time.monotonic() >= self._began + RUN_SECONDS

    def _heed(self, waiting: Sequence[Due]) -> None:
        """Take up what is due: more on our accounts, and other accounts while there is room."""
        for due in waiting:
            if desk := self.desks.get(due.account_id):
                desk.has_more = True
                if due.priority == INTERACTIVE:
                    desk.claim(timezone.now(), only_interactive=True)
            elif self._may_adopt(due.account_id):
                self.adopt(due.account_id)

    def _may_adopt(self, account_id: int) -> bool:
        now = time.monotonic()
        if self._not_before.get(account_id, 0) > now or self._is_ending:
            return False
        if len(self.desks) < settings.DELIVERY_SESSIONS_PER_WORKER:
            return True
        longest = min(self.desks.values(), key=lambda desk: desk.opened_at)
        if longest.opened_at + TURN_SECONDS < now:
            longest.retire()
        return False

    @property
    def _is_late(self) -> bool:
        return any(desk.lanes.late for desk in self.desks.values())

    @property
    def _is_ending(self) -> bool:
        return is_stopping() or (self._is_overtime and not self._is_late)

    def _share_out(self) -> None:
        share = self._share(sum(not desk.only_waits for desk in self.desks.values()))
        for desk in self.desks.values():
            desk.resize(share, timezone.now())

    @staticmethod
    def _share(count: int) -> int:
        return max(1, settings.DELIVERY_SESSIONS_PER_WORKER // max(1, count))

    def _call_for_help(self) -> None:
        """A submit rings once, for one worker; where it has more to send than this one can, idle
        ones are asked too. Who comes for one account serves the others: they are named in turn."""
        now = time.monotonic()
        needy = [account_id for account_id, desk in self.desks.items() if desk.wants_help]
        if needy and now - max(self._called.values(), default=0) > ASK_AGAIN_SECONDS:
            account_id = min(needy, key=lambda one: self._called.get(one, 0))
            self._called[account_id] = now
            call_for_help(account_id, seconds=ASK_AGAIN_SECONDS)

    def _end_or_stand_in(self) -> None:
        """The run's time is over. Where late answers keep it, it does meanwhile what this worker
        process would have done."""
        if self._is_late:
            self._stand_in.work()
        else:
            self._retire()

    def _retire(self) -> None:
        for desk in self.desks.values():
            desk.retire()

    # The end.

    def _let_go_of_idle_ones(self) -> None:
        for account_id, desk in list(self.desks.items()):
            if not desk.is_over:
                continue
            self._loop.run_until_complete(desk.lanes.close())
            desk.free(timezone.now())
            if desk.next_slot:
                self._next_slots[account_id] = desk.next_slot
            del self.desks[account_id]

    def ring_for_the_rest(self) -> None:
        """What is due on the accounts served is another run's: who rang while we held the last
        connection was sent away."""
        now = timezone.now()
        for due in accounts_due(now=now, among=self.served):
            ring(due.account_id)
        for account_id, next_slot in self._next_slots.items():
            if next_slot > now and is_due(account_id, now=next_slot):
                ring_at(account_id, next_slot)

    def _drain(self) -> None:
        """Without a database: no more dots; the answers still out are waited for and recorded."""
        self._retire()
        while self.desks:
            self._loop.run_until_complete(self._form_group())
            for desk in self.desks.values():
                desk.withhold_dots()
            outcomes = {desk: desk.lanes.take_outcomes() for desk in self.desks.values()}
            everything = [outcome for of_desk in outcomes.values() for outcome in of_desk]
            _persistently(partial(outcomes_record, everything, now=timezone.now()))
            self.settled += len(everything)
            for desk, of_desk in outcomes.items():
                self._meter.note(desk.account_id, of_desk)
                desk.recorded(of_desk)
            self._ticked = time.monotonic()
            _persistently(self._tick_while_draining)
            _persistently(self._let_go_of_idle_ones)

    def _tick_while_draining(self) -> None:
        for desk in self.desks.values():
            desk.renew(timezone.now())
            desk.take_back_late(self._loop.time())
            desk.end_settled_claims(timezone.now())


def _persistently(write: Callable[[], T]) -> T:
    """An answer in hand must survive a restart of the database: try for half a lease."""
    give_up = time.monotonic() + settings.DELIVERY_LEASE_SECONDS / 2
    while True:
        try:
            return write()
        except DATABASE_AWAY:
            if time.monotonic() > give_up:
                raise
            log.warning("database away while recording answers, trying again")
            close_old_connections()
            time.sleep(0.5)
