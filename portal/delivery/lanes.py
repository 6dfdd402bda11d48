"""The lanes of one gateway account in one run, and what happened on them."""

import asyncio
from collections.abc import Callable

from portal.delivery.answers import Outcome
from portal.delivery.tries import Try
from sms.lane import Lane, Mail
from sms.smtp import Reply, Server, SmtpFailure

# A lane whose answer takes longer is waited for no more by the others.
ANSWER_PATIENCE_SECONDS = 1.0


class Lanes:
    """Listens to its lanes and notes what they say; nothing here waits, or asks the database.

    ``ready``: tries at "dot withheld". ``outcomes``: ends of tries. ``pending``: how many answers
    and bodies are to be expected soon. ``refusals``: lanes that could not be opened.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self.ready: dict[Lane, Try] = {}
        self.outcomes: list[Outcome] = []
        self.refusals: list[SmtpFailure] = []
        self.idle: list[Lane] = []
        self.pending = 0
        # Where each leads to, and where new mail goes: an account's server may change amid sending.
        self._all: dict[Lane, Server] = {}
        self._server: Server | None = None
        self._late: set[Lane] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._tell = tell

    @property
    def count(self) -> int:
        """Connections that are open, or being opened."""
        return len(self._all) + len(self._opening)

    @property
    def busy(self) -> int:
        """Lanes with a mail, and those being opened for one."""
        return self.count - len(self.idle)

    @property
    def late(self) -> int:
        """Lanes whose answer nobody waits for any more, but that may still come."""
        return len(self._late)

    def lead_to(self, server: Server) -> None:
        """From now on mail is begun on lanes to this server alone."""
        if server != self._server:
            self._server = server
            for lane in list(self.idle):
                self.drop(lane)

    def may_follow(self, lane: Lane) -> bool:
        """Whether the lane may carry one more mail."""
        return self._all.get(lane) is self._server

    def open(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        assert self._server is not None, "nobody opens lanes to nowhere"
        for _ in range(count):
            task = loop.create_task(self._open_one(self._server))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open_one(self, server: Server) -> None:
        try:
            lane = await Lane.open(server, self)
        except SmtpFailure as failure:
            self.refusals.append(failure)
        else:
            self._all[lane] = server
            self._rest(lane)
        self._tell()

    def _rest(self, lane: Lane) -> None:
        if self.may_follow(lane):
            self.idle.append(lane)
        else:
            self.drop(lane)

    def take_idle(self) -> Lane | None:
        """A lane to begin a try on; None where there is none."""
        while self.idle:
            lane = self.idle.pop()
            if lane.is_idle:
                return lane
            # Its server closed it meanwhile.
            del self._all[lane]
        return None

    def begin(self, lane: Lane, mail: Try) -> None:
        lane.begin(mail)
        self.pending += 1

    def commit(self, lane: Lane, following: Try | None) -> None:
        """Write the dot, and behind it the commands of the try that follows."""
        lane.commit(following)
        self.pending += 1 if following is None else 2

    def drop(self, lane: Lane) -> None:
        """Close the lane at once; nothing more is heard of its mail."""
        self._all.pop(lane, None)
        self._late.discard(lane)
        self.ready.pop(lane, None)
        if lane in self.idle:
            self.idle.remove(lane)
        lane.abort()

    def take_back_late(self, now: float) -> list[Try]:
        """The tries that wait behind answers that do not come; called about four times a second
        with the loop's time."""
        taken: list[Try] = []
        for lane in list(self._all):
            lane.check_time(now)
            since = lane.waiting_since
            if since is None or lane in self._late or now - since < ANSWER_PATIENCE_SECONDS:
                continue
            self._late.add(lane)
            self.pending -= 1
            following = lane.forget_following()
            if isinstance(following, Try):
                self.pending -= 1
                taken.append(following)
        return taken

    def take_outcomes(self) -> list[Outcome]:
        outcomes, self.outcomes = self.outcomes, []
        return outcomes

    async def close(self) -> None:
        """Say goodbye on idle lanes."""
        idle, self.idle = self.idle, []
        for lane in idle:
            del self._all[lane]
        await asyncio.gather(*(lane.close() for lane in idle))

    async def stop_opening(self) -> None:
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    def abort(self) -> None:
        for lane in list(self._all):
            self.drop(lane)

    # What the lanes say.

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        self.ready[lane] = _own(mail)
        self._settle_one()

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        self._note(lane, _own(mail).answered(reply))

    def lane_unanswered(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        self._note(lane, _own(mail).failed(failure))

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        if self.ready.pop(lane, None) is not None:
            # It was counted when its body was sent.
            self.pending += 1
        self._note(lane, _own(mail).failed(failure))

    def _note(self, lane: Lane, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if not lane.usable:
            self._all.pop(lane, None)
        elif lane.is_idle:
            self._rest(lane)
        if lane in self._late:
            self._late.discard(lane)
            # Nobody waited for it.
            self.pending += 1
        self._settle_one()

    def _settle_one(self) -> None:
        self.pending -= 1
        self._tell()


def _own(mail: Mail) -> Try:
    assert isinstance(mail, Try), "lanes get nothing else"
    return mail
