"""The delivery engine: one worker's run over one gateway account's outbox.

One event loop drives all sessions of the run in groups: claim (commit), bring every session to
"dot withheld", pass the point of no return (one commit for the group), write the dots, record the
answers (one commit). The loop stands still while the database works, so plain blocking
transactions do.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from portal.delivery.account_health import health_record
from portal.delivery.answers import Outcome, outcomes_record
from portal.delivery.claims import (
    Claim,
    claim_give_back,
    envelopes_claim,
    lease_end,
    leases_renew,
    pass_point_of_no_return,
)
from portal.delivery.connections import (
    connections_free,
    connections_lease,
    connections_renew,
    connections_shrink,
)
from portal.delivery.doorbell import ring
from portal.delivery.gateways import smtp_server_of
from portal.delivery.models import ConnectionLease, Envelope, GatewayAccount, State
from portal.delivery.talk import Try, answer, begin_all, close_all
from sms.retry import Phase, Verdict
from sms.smtp import Server, Session

log = logging.getLogger(__name__)
T = TypeVar("T")

DATABASE_AWAY = (OperationalError, InterfaceError)

MOST_CONNECTIONS = 32
# Other accounts wait for this worker process too.
RUN_SECONDS = 20.0
ANSWER_PATIENCE_SECONDS = 1.0


def deliver_account(account_id: int) -> int:
    """Send what is due on the account until nothing is, the run's time is over or the account
    stops; returns how many envelopes were settled. Safe to run any number of times at once."""
    lease = connections_lease(account_id=account_id, most=MOST_CONNECTIONS, now=timezone.now())
    if lease is None:
        return 0
    try:
        with Run(account_id, lease) as run:
            settled = run.deliver()
    finally:
        connections_free(lease)
    # Who rang while we held the last connection was sent away.
    if is_due(account_id, now=timezone.now()):
        ring(account_id)
    return settled


def is_due(account_id: int, *, now: datetime) -> bool:
    """Whether a claim on the account would find something now."""
    account = GatewayAccount.objects.get(pk=account_id)
    closed_until = max(filter(None, (account.not_before, account.next_slot)), default=now)
    if account.is_paused or closed_until > now:
        return False
    return Envelope.objects.filter(account=account_id, state=State.QUEUED, due_at__lte=now).exists()


class Run:
    """Sessions and envelopes of one run; a context manager that leaves nothing open."""

    def __init__(self, account_id: int, lease: ConnectionLease) -> None:
        self.account_id = account_id
        self.lease = lease
        self.server: Server | None = None
        self.idle: list[Session] = []
        self.awaiting: dict[asyncio.Task[Outcome], Try] = {}
        self.claim_token: uuid.UUID | None = None
        self.settled = 0
        self.unanswered = 0
        self.stopped = False
        self.deadline = time.monotonic() + RUN_SECONDS
        self.renewed_at = timezone.now()
        self.runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self.awaiting.values():
            one.session.abort()
        try:
            self.runner.run(close_all(self.idle))
        finally:
            self.runner.close()

    def deliver(self) -> int:
        try:
            self._send_what_is_due()
        except DATABASE_AWAY as error:
            log.warning("database away, no more claims: %s", type(error).__name__)
            close_old_connections()
        self._drain()
        return self.settled

    def _send_what_is_due(self) -> None:
        while self._may_go_on():
            claim = self._claim(self.lease.connections - len(self.awaiting))
            if claim.envelopes:
                self._send(claim)
            elif not self._wait_for_more(claim):
                break

    def _drain(self) -> None:
        """Wait for the answers still out, with no more connections than they need."""
        while self.awaiting:
            if self.lease.connections > len(self.awaiting):
                _persistently(partial(connections_shrink, self.lease, to=len(self.awaiting)))
            self._pass_time(ANSWER_PATIENCE_SECONDS)

    def _may_go_on(self) -> bool:
        """Whether to claim more; not with connections that may be others' by now."""
        self._renew_leases()
        return not self.stopped and time.monotonic() < self.deadline

    def _claim(self, most: int) -> Claim:
        return envelopes_claim(account_id=self.account_id, most=most, now=timezone.now())

    def _wait_for_more(self, claim: Claim) -> bool:
        """Wait for a free session or for the limit's next slot; False where there is nothing to
        wait for but answers."""
        if len(self.awaiting) >= self.lease.connections:
            self._pass_time(ANSWER_PATIENCE_SECONDS)
            return True
        if claim.next_slot is None or not is_due(self.account_id, now=claim.next_slot):
            return False
        pause = (claim.next_slot - timezone.now()).total_seconds()
        if time.monotonic() + pause >= self.deadline:
            return False
        time.sleep(max(0.0, pause))
        return True

    def _send(self, claim: Claim) -> None:
        assert claim.account is not None
        account, server = claim.account, smtp_server_of(claim.account)
        self.claim_token = claim.token
        tries = self._tries(claim, server)
        try:
            failed = self._drive(begin_all(tries, account, server))
            ready = [one for one in tries if one.envelope.pk not in failed]
            self._keep(one for one in tries if one.envelope.pk in failed)
            self._record(list(failed.values()))
            # A group that failed whole is the account's trouble; the next would fail as well.
            self.stopped |= not ready
            self._write_dots(claim, ready)
        finally:
            self.claim_token = None
            claim_give_back(token=claim.token)
        self._pass_time(ANSWER_PATIENCE_SECONDS)

    def _tries(self, claim: Claim, server: Server) -> list[Try]:
        now = timezone.now()
        if server != self.server:
            self._drive(close_all(self.idle))
            self.idle, self.server = [], server
        for envelope in claim.envelopes:
            envelope.token = claim.token
        return [
            Try(envelope, self.idle.pop() if self.idle else Session(server), now)
            for envelope in claim.envelopes
        ]

    def _write_dots(self, claim: Claim, ready: list[Try]) -> None:
        """The point of no return: committed before any dot of the group is written."""
        now = timezone.now()
        ids = [one.envelope.pk for one in ready]
        try:
            passed = pass_point_of_no_return(envelope_ids=ids, token=claim.token, now=now)
        except DATABASE_AWAY:
            self._without_dot(ready)
            return
        for one in ready:
            if one.envelope.pk in passed:
                task = self.runner.get_loop().create_task(answer(one, not_after=lease_end(now)))
                self.awaiting[task] = one
            else:
                one.session.abort()

    def _without_dot(self, tries: Sequence[Try]) -> None:
        """The point of no return may be committed or not; no dot was written, so all of these
        that are still ours go back to the queue."""
        for one in tries:
            one.session.abort()
        outcomes = [one.outcome(Verdict.RETRY, Phase.BODY, None, "no dot written") for one in tries]
        _persistently(partial(outcomes_record, outcomes))

    def _drive(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` to its end; meanwhile leases are renewed and answers recorded."""
        task = self.runner.get_loop().create_task(work)
        while not task.done():
            self.runner.run(_wait({task, *self.awaiting}, ANSWER_PATIENCE_SECONDS))
            self._renew_leases()
            self._collect()
        return task.result()

    def _pass_time(self, seconds: float) -> None:
        """Let answers come in, until all are here or the time is over."""
        if self.awaiting:
            self.runner.run(_wait(set(self.awaiting), seconds, until=asyncio.ALL_COMPLETED))
            self._renew_leases()
            self._collect()

    def _collect(self) -> None:
        """Record the answers that have come."""
        done = [task for task in self.awaiting if task.done()]
        self._keep([self.awaiting.pop(task) for task in done])
        self._record([task.result() for task in done])

    def _keep(self, tries: Iterable[Try]) -> None:
        self.idle += [one.session for one in tries if one.session.usable]

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        self.settled += len(_persistently(partial(outcomes_record, outcomes)))
        for outcome in outcomes:
            self.unanswered = 0 if outcome.code else self.unanswered + 1
        # One lost answer happens; a server that answers no dot at all must not get every envelope.
        is_silent = self.unanswered > self.lease.connections
        health = partial(health_record, account_id=self.account_id, outcomes=outcomes)
        self.stopped |= _persistently(partial(health, is_silent=is_silent))

    def _renew_leases(self) -> None:
        now = timezone.now()
        if now - self.renewed_at < timedelta(seconds=settings.DELIVERY_LEASE_SECONDS / 3):
            return
        self.renewed_at = now
        tokens = {one.envelope.token for one in self.awaiting.values()} | {self.claim_token}
        try:
            self.stopped |= not connections_renew(self.lease, now=now)
            for token in filter(None, tokens):
                leases_renew(token=token, now=now)
        except DATABASE_AWAY:
            log.warning("database away, leases not renewed")
            close_old_connections()


async def _wait(
    tasks: set[asyncio.Task[Any]], seconds: float, until: str = asyncio.FIRST_COMPLETED
) -> None:
    await asyncio.wait(tasks, timeout=seconds, return_when=until)


def _persistently(write: Callable[[], T]) -> T:
    """An answer in hand must survive a restart of the database: try until the lease is over."""
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
