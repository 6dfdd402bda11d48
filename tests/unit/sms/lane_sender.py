"""A listener that sends."""

import asyncio

from sms.lane import Lane, Mail
from sms.smtp import Reply, SmtpFailure
from tests.unit.sms.operator_on_paper import Notes


class Sender(Notes):
    """Commits whatever is ready, with the next of its mails; `done` when there is no more."""

    def __init__(self, mails: list[Mail]) -> None:
        super().__init__()
        self.mails = mails
        self.unfinished = len(mails)
        self.done = asyncio.Event()

    def next(self) -> Mail | None:
        return self.mails.pop(0) if self.mails else None

    async def send_over(self, lane: Lane) -> None:
        """Until the end of the last mail; then the lane says goodbye."""
        first = self.next()
        assert first is not None
        lane.begin(first)
        await self.done.wait()
        await lane.close()
        assert not lane.usable

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        super().lane_ready(lane, mail)
        lane.commit(self.next())

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        super().lane_answered(lane, mail, reply)
        self.finish()

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        super().lane_failed(lane, mail, failure)
        self.finish()

    def lane_unanswered(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        super().lane_unanswered(lane, mail, failure)
        self.finish()

    def finish(self) -> None:
        self.unfinished -= 1
        if not self.unfinished:
            self.done.set()
