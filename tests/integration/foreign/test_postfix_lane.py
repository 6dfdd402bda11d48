"""A lane and a real Postfix: e-mails behind one another, taken back, refused."""

import asyncio
from dataclasses import replace

import pytest

from sms.lane import Lane, Mail
from sms.retry import Phase
from sms.secret import Secret
from sms.smtp import Reply, Security, Server, SmtpFailure
from tests.integration.foreign.golden import raw_body
from tests.integration.foreign.ports import HOST
from tests.integration.foreign.postfix import MAILBOX, PASSWORD, USER, Door, Postfix
from tests.unit.sms.examples import GOLDEN, MAIL_FROM, email_of
from tests.unit.sms.lane_sender import Sender

pytestmark = pytest.mark.postfix

both_ways = pytest.mark.parametrize("door", [Door.PLAIN, Door.ONE_BY_ONE])


def content_of(number: int) -> bytes:
    return email_of(replace(GOLDEN, text=f"{number}\n.\n..{number}"))


def mail_of(number: int, mailbox: str = MAILBOX) -> Mail:
    return Mail(MAIL_FROM, mailbox, content_of(number), eight_bit=True)


def sent(postfix: Postfix, door: Door, sender: Sender) -> Sender:
    """Over one lane, until the last of its mails has come to its end."""
    server = Server(
        HOST,
        postfix.ports[door],
        Security.STARTTLS,
        USER,
        Secret(PASSWORD),
        ca_file=postfix.ca_file,
    )

    async def main() -> None:
        async with asyncio.timeout(30):
            await sender.send_over(await Lane.open(server, sender))

    asyncio.run(main())
    return sender


def assert_arrived(postfix: Postfix, *numbers: int) -> None:
    """These mails and no other, each as it was written."""
    arrived = [raw_body(mail) for mail in postfix.take_mails(len(numbers))]
    assert sorted(arrived) == sorted(raw_body(content_of(number)) for number in numbers)


@both_ways
def test_mails_behind_one_another_arrive_once_each(running_postfix: Postfix, door: Door) -> None:
    mails = [mail_of(number) for number in range(20)]
    sender = sent(running_postfix, door, Sender(list(mails)))
    assert sender.names == ["ready", "answered"] * 20
    assert [mail for _, mail, _ in sender.events[::2]] == mails
    assert_arrived(running_postfix, *range(20))


class Doubter(Sender):
    """Takes back whatever follows, as soon as its commands may be on their way."""

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        super().lane_ready(lane, mail)
        if lane.forget_following() is not None:
            self.finish()


def test_a_mail_taken_back_never_arrives(running_postfix: Postfix) -> None:
    sender = sent(running_postfix, Door.PLAIN, Doubter([mail_of(1), mail_of(2)]))
    assert sender.names == ["ready", "answered"]
    running_postfix.await_log("lost connection after DATA")
    sent(running_postfix, Door.PLAIN, Sender([mail_of(3)]))
    assert_arrived(running_postfix, 1, 3)


class Persistent(Sender):
    """Begins the next mail after a refusal."""

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        super().lane_failed(lane, mail, failure)
        if following := self.next():
            lane.begin(following)


@both_ways
def test_a_refused_mail_leaves_the_lane_to_the_next(running_postfix: Postfix, door: Door) -> None:
    first, refused, third = mail_of(1), mail_of(2, "nobody@operator.example"), mail_of(3)
    sender = sent(running_postfix, door, Persistent([first, refused, third]))
    assert sender.names == ["ready", "answered", "failed", "ready", "answered"]
    failure = sender.failure(refused)
    assert failure.phase is Phase.RCPT
    assert isinstance(failure.reply, Reply)
    assert failure.reply.code == 550
    assert_arrived(running_postfix, 1, 3)
