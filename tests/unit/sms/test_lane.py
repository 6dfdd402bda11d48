"""What a lane does with one e-mail after another, without a network."""

from time import monotonic

import pytest

from sms.lane import Lane, Mail
from sms.retry import Phase, Verdict
from sms.smtp import Reply, SmtpFailure
from tests.unit.sms.fake_operator import OBEDIENT, Fault
from tests.unit.sms.operator_on_paper import (
    DOT_TIMEOUT,
    TIMEOUT,
    Notes,
    Talk,
    mail_of,
    talk_on_paper,
)

COMMANDS = (
    b"MAIL FROM:<a@acme.example> BODY=8BITMIME SIZE=24\r\n"
    b"RCPT TO:<sms@operator.example>\r\n"
    b"DATA\r\n"
)
BODY = b"Subject: 1\r\n\r\nhello\r\n..\r\n"
ENVELOPE = {"MAIL": Phase.MAIL, "RCPT": Phase.RCPT, "DATA": Phase.DATA}
both_ways = pytest.mark.parametrize("pipelining", [True, False])


def ready_with(mail: Mail, *, pipelining: bool = True) -> Talk:
    """A talk in which the mail's dot is withheld."""
    talk = talk_on_paper(pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.lane.is_ready
    return talk


def test_the_dot_takes_the_commands_of_the_next_mail_along() -> None:
    talk = ready_with(mail_of())
    talk.lane.commit(mail_of(2))
    assert talk.operator.writes == [COMMANDS, BODY, b".\r\n" + COMMANDS]


def test_without_pipelining_each_command_waits_for_the_reply_before_it() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=False)
    talk.lane.commit(second)
    assert talk.operator.writes == [*COMMANDS.splitlines(keepends=True), BODY, b".\r\n"]
    talk.operator.speak()
    assert talk.operator.writes[5:] == [
        *COMMANDS.splitlines(keepends=True),
        BODY.replace(b"1", b"2"),
    ]


@both_ways
def test_every_mail_is_ready_and_then_answered(pipelining: bool) -> None:
    mails = [mail_of(number) for number in range(3)]
    talk = ready_with(mails[0], pipelining=pipelining)
    for following in (*mails[1:], None):
        talk.lane.commit(following)
        assert talk.lane.awaits_answer
        talk.operator.speak()
    assert talk.notes.names == ["ready", "answered"] * 3
    assert [mail for _, mail, _ in talk.notes.events[::2]] == mails
    assert talk.notes.events[-1] == ("answered", mails[2], Reply(250, "queued as 1"))
    assert len(talk.operator.bodies) == 3
    assert talk.lane.is_idle
    assert talk.lane.usable


def test_no_body_is_ended_before_commit() -> None:
    talk = ready_with(mail_of())
    assert talk.operator.bodies == []
    assert not talk.lane.is_idle


class Hasty(Notes):
    """Writes every dot and begins every mail from within the call."""

    def __init__(self, mails: list[Mail]) -> None:
        super().__init__()
        self.mails = mails

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        super().lane_ready(lane, mail)
        lane.commit(None)

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        super().lane_answered(lane, mail, reply)
        if self.mails:
            lane.begin(self.mails.pop())


@both_ways
def test_a_listener_may_commit_and_begin_at_once(pipelining: bool) -> None:
    notes = Hasty([mail_of(2), mail_of(3)])
    talk = talk_on_paper(pipelining=pipelining, notes=notes)
    talk.lane.begin(mail_of(1))
    talk.operator.speak()
    assert notes.names == ["ready", "answered"] * 3
    assert len(talk.operator.bodies) == 3


@both_ways
@pytest.mark.parametrize("code", [450, 554])
@pytest.mark.parametrize(("step", "phase"), ENVELOPE.items())
def test_a_refused_mail_leaves_the_lane_to_the_next(
    step: str, phase: Phase, code: int, pipelining: bool
) -> None:
    first, second, third = mail_of(1), mail_of(2), mail_of(3)
    talk = ready_with(first, pipelining=pipelining)
    # A server that refused the recipient refuses DATA as well.
    talk.operator.script |= {"DATA": b"554 no recipient", step: b"%d no" % code}
    talk.lane.commit(second)
    talk.operator.speak()
    failure = talk.notes.failure(second)
    assert (failure.phase, failure.reply) == (phase, Reply(code, "no"))
    assert talk.notes.of(first) == ["ready", "answered"]
    assert talk.notes.of(second) == ["failed"]
    assert talk.lane.is_idle

    talk.operator.script |= OBEDIENT
    talk.lane.begin(third)
    talk.operator.speak()
    talk.lane.commit()
    talk.operator.speak()
    assert talk.notes.of(third) == ["ready", "answered"]
    assert talk.operator.commands[-4:-3] == [b"RSET"]
    assert len(talk.operator.bodies) == 2


@both_ways
def test_a_refused_reset_fails_the_mail(pipelining: bool) -> None:
    talk = talk_on_paper(
        OBEDIENT | {"MAIL": b"451 later", "DATA": b"503 no"}, pipelining=pipelining
    )
    talk.lane.begin(mail_of(1))
    talk.operator.speak()
    talk.operator.script |= {"RSET": b"550 no"}
    second = mail_of(2)
    talk.lane.begin(second)
    talk.operator.speak()
    assert talk.notes.failure(second).phase is Phase.MAIL
    assert talk.notes.failure(second).reply == Reply(550, "no")


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_wants_a_body_after_a_refusal_gets_none(step: str) -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {step: b"550 no"})
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.failure(mail).phase is ENVELOPE[step]
    assert talk.operator.writes == [COMMANDS]
    assert talk.operator.is_gone
    assert not talk.lane.usable


@both_ways
@pytest.mark.parametrize(
    ("step", "answer"), [("MAIL", b"354 a"), ("RCPT", b"354 a"), ("DATA", b"250 a")]
)
def test_a_reply_to_some_other_command_ends_the_connection(
    step: str, answer: bytes, pipelining: bool
) -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {step: answer}, pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.failure(mail).verdict is Verdict.RETRY
    assert talk.operator.is_gone
    assert talk.operator.bodies == []


@both_ways
@pytest.mark.parametrize("code", [250, 451, 554])
def test_any_answer_to_the_dot_lets_the_next_mail_go_on(code: int, pipelining: bool) -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=pipelining)
    talk.operator.script["DOT"] = b"%d-so\r\n%d be it" % (code, code)
    talk.lane.commit(second)
    talk.operator.speak()
    assert talk.notes.events[1:] == [
        ("answered", first, Reply(code, "so be it")),
        ("ready", second, None),
    ]


@both_ways
def test_421_to_the_dot_is_handed_over_and_ends_the_lane(pipelining: bool) -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=pipelining)
    talk.operator.script["DOT"] = b"421 leaving"
    talk.lane.commit(second)
    talk.operator.speak()
    assert talk.notes.events[1] == ("answered", first, Reply(421, "leaving"))
    failure = talk.notes.failure(second)
    assert (failure.phase, failure.reply) == (Phase.MAIL, Reply(421, "leaving"))
    assert failure.verdict is Verdict.RETRY
    assert talk.operator.is_gone
    assert not talk.lane.usable


@both_ways
@pytest.mark.parametrize(("step", "phase"), ENVELOPE.items())
def test_421_before_the_dot_ends_the_lane(step: str, phase: Phase, pipelining: bool) -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {step: b"421 leaving"}, pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.reply) == (phase, Reply(421, "leaving"))
    assert not talk.lane.usable


def test_the_first_refusal_counts_when_the_connection_is_lost_over_the_rest() -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {"MAIL": b"550 no", "RCPT": b"421 leaving"})
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.failure(mail).reply == Reply(550, "no")


@both_ways
@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (b"what?\r\n", None),
        (b"999 what\r\n", None),
        (b"250 " + b"x" * 5000, None),
        (b"250-x\r\n" * 200, None),
        (b"250-a\r\n251 b\r\n", None),
        (b"354 go on\r\n", Reply(354, "go on")),
    ],
)
def test_no_clear_answer_to_the_dot_is_uncertain_and_the_next_mail_safe(
    answer: bytes, reply: Reply | None, pipelining: bool
) -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=pipelining)
    talk.lane.commit(second)
    talk.operator.hear(answer)
    assert talk.notes.names == ["ready", "unanswered", "failed"]
    uncertain, safe = talk.notes.failure(first), talk.notes.failure(second)
    assert (uncertain.phase, uncertain.reply) == (Phase.DOT, reply)
    assert uncertain.verdict is Verdict.UNCERTAIN
    assert (safe.phase, safe.reply, safe.verdict) == (Phase.MAIL, None, Verdict.RETRY)
    assert talk.operator.is_gone


@both_ways
@pytest.mark.parametrize("part", [b"", b"2", b"250 queu", b"250-queued\r\n"])
def test_a_connection_lost_over_the_answer_is_uncertain(part: bytes, pipelining: bool) -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=pipelining)
    talk.lane.commit(second)
    talk.operator.hear(part)
    talk.lane.eof_received()
    talk.lane.connection_lost(None)
    assert talk.notes.names == ["ready", "unanswered", "failed"]
    assert talk.notes.failure(first).reason == "connection closed"
    assert talk.notes.failure(first).phase is Phase.DOT
    assert talk.notes.failure(second).phase is Phase.MAIL


@both_ways
@pytest.mark.parametrize(
    ("word", "reply"),
    [
        (b"421 leaving\r\n", Reply(421, "leaving")),
        (b"552 too big\r\n", Reply(552, "too big")),
        (b"250 ok\r\n", Reply(250, "ok")),
        (b"2", None),
        (b"what?\r\n", None),
    ],
)
def test_a_word_before_the_dot_stops_the_mail(
    word: bytes, reply: Reply | None, pipelining: bool
) -> None:
    mail = mail_of()
    talk = ready_with(mail, pipelining=pipelining)
    talk.operator.hear(word)
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.reply) == (Phase.BODY, reply)
    assert not talk.lane.is_ready
    with pytest.raises(RuntimeError):
        talk.lane.commit()
    assert talk.operator.bodies == []


def test_a_connection_lost_before_the_dot_is_safe() -> None:
    mail = mail_of()
    talk = ready_with(mail)
    talk.lane.connection_lost(ConnectionResetError())
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.verdict) == (Phase.BODY, Verdict.RETRY)
    with pytest.raises(RuntimeError):
        talk.lane.commit()


def test_a_connection_whose_loss_is_about_to_be_told_gets_no_dot() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first)
    talk.operator.is_gone = True
    talk.lane.commit(second)
    assert not talk.lane.awaits_answer
    assert not talk.lane.is_ready
    talk.lane.connection_lost(None)
    assert talk.notes.names == ["ready", "failed", "failed"]
    assert talk.notes.failure(first).phase is Phase.BODY
    assert talk.notes.failure(second).phase is Phase.MAIL


def test_what_comes_behind_the_go_ahead_stops_the_body() -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {"DATA": b"354 go on\r\n552 or rather not"})
    talk.lane.begin(mail)
    talk.operator.speak()
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.reply) == (Phase.BODY, Reply(552, "or rather not"))
    assert talk.operator.writes == [COMMANDS]


@pytest.mark.parametrize("extra", [b"250 again", b"25", b"what?"])
def test_an_answer_too_many_ends_an_idle_lane(extra: bytes) -> None:
    mail = mail_of()
    talk = ready_with(mail)
    talk.operator.script["DOT"] = b"250 ok\r\n" + extra
    talk.lane.commit()
    talk.operator.speak()
    assert talk.notes.events[1:] == [("answered", mail, Reply(250, "ok"))]
    assert not talk.lane.usable
    assert not talk.lane.is_idle


def test_a_word_to_an_idle_lane_ends_it_unheard() -> None:
    talk = talk_on_paper()
    talk.operator.hear(b"421 idle for too long\r\n")
    assert talk.notes.events == []
    assert not talk.lane.usable


def test_a_reply_too_many_is_not_taken_for_the_next_without_pipelining() -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {"MAIL": b"250 ok\r\n250 ok"}, pipelining=False)
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.failure(mail).reason == "unasked reply"
    assert talk.operator.commands == [COMMANDS.splitlines()[0]]


def test_a_following_mail_held_back_fails_with_an_answer_too_many() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=False)
    talk.operator.script["DOT"] = b"250 ok\r\n250 again"
    talk.lane.commit(second)
    talk.operator.speak()
    assert talk.notes.names == ["ready", "answered", "failed"]
    assert talk.notes.failure(second).verdict is Verdict.RETRY


def test_a_refused_mail_followed_by_a_reply_too_many_ends_the_lane() -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {"DATA": b"554 no\r\n250 ok"})
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.failure(mail).reply == Reply(554, "no")
    assert not talk.lane.usable


def test_a_pipelined_mail_taken_back_gets_no_body_and_ends_the_lane() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first)
    talk.lane.commit(second)
    assert talk.lane.forget_following() is second
    assert talk.lane.forget_following() is None
    assert not talk.lane.usable
    assert talk.lane.awaits_answer
    talk.operator.speak()
    assert talk.notes.names == ["ready", "answered"]
    assert talk.operator.is_gone
    assert talk.operator.writes[-1] == b".\r\n" + COMMANDS


def test_a_mail_taken_back_before_its_commands_leaves_the_lane_usable() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first, pipelining=False)
    talk.lane.commit(second)
    assert talk.lane.forget_following() is second
    talk.operator.speak()
    assert talk.notes.names == ["ready", "answered"]
    assert talk.lane.is_idle


def test_a_mail_taken_back_is_not_told_of_when_the_answer_never_comes() -> None:
    first = mail_of(1)
    talk = ready_with(first)
    talk.lane.commit(mail_of(2))
    talk.lane.forget_following()
    talk.lane.connection_lost(None)
    assert talk.notes.names == ["ready", "unanswered"]


def test_a_mail_whose_turn_has_come_cannot_be_taken_back() -> None:
    talk = ready_with(mail_of(1))
    talk.lane.commit(mail_of(2))
    talk.operator.speak()
    assert talk.lane.forget_following() is None
    assert talk.lane.is_ready


@both_ways
@pytest.mark.parametrize(("step", "phase"), ENVELOPE.items())
def test_a_step_that_takes_too_long_fails(step: str, phase: Phase, pipelining: bool) -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {step: Fault.HANG}, pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    talk.lane.check_time(monotonic() + TIMEOUT - 1)
    assert talk.notes.events == []
    talk.lane.check_time(monotonic() + TIMEOUT)
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.reason, failure.reply) == (phase, "timed out", None)
    assert talk.operator.is_gone


def test_a_dot_unanswered_for_too_long_is_uncertain() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first)
    assert talk.lane.waiting_since is None
    talk.lane.commit(second)
    since = talk.lane.waiting_since
    assert since is not None
    assert abs(monotonic() - since) < 5
    # Half a reply does not buy time.
    talk.operator.speak(3)
    talk.lane.check_time(since + DOT_TIMEOUT - 1)
    assert talk.lane.awaits_answer
    talk.lane.check_time(since + DOT_TIMEOUT)
    assert talk.notes.names == ["ready", "unanswered", "failed"]
    assert talk.notes.failure(first).verdict is Verdict.UNCERTAIN
    assert talk.lane.waiting_since is None


def test_a_lane_that_waits_for_us_is_never_overdue() -> None:
    talk = talk_on_paper()
    talk.lane.check_time(monotonic() + 10 * DOT_TIMEOUT)
    talk.lane.begin(mail_of())
    talk.operator.speak()
    talk.lane.check_time(monotonic() + 10 * DOT_TIMEOUT)
    assert talk.lane.is_ready
    assert talk.notes.names == ["ready"]


def test_a_mail_is_not_ready_before_the_server_has_read_it() -> None:
    mail = mail_of()
    talk = talk_on_paper()
    talk.operator.reads_slowly = True
    talk.lane.begin(mail)
    talk.operator.speak()
    assert talk.notes.events == []
    assert not talk.lane.is_ready
    talk.lane.resume_writing()
    assert talk.notes.names == ["ready"]
    assert talk.lane.is_ready


@pytest.mark.parametrize("word", [b"552 too big\r\n", b"552 too"])
def test_a_server_that_speaks_over_the_body_stops_the_mail(word: bytes) -> None:
    mail = mail_of()
    talk = talk_on_paper()
    talk.operator.reads_slowly = True
    talk.lane.begin(mail)
    talk.operator.speak()
    talk.operator.hear(word)
    talk.lane.resume_writing()
    talk.lane.check_time(monotonic() + TIMEOUT)
    assert talk.notes.names == ["failed"]
    assert talk.notes.failure(mail).phase is Phase.BODY
    assert not talk.lane.is_ready


class Leaver(Notes):
    """Drops the lane as soon as it hears anything but good news."""

    def lane_unanswered(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        super().lane_unanswered(lane, mail, failure)
        lane.abort()

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        super().lane_answered(lane, mail, reply)
        lane.abort()


@pytest.mark.parametrize(
    ("answer", "told"),
    [(b"421 a\r\n", "answered"), (b"250 a\r\n250 b\r\n", "answered"), (b"?\r\n", "unanswered")],
)
def test_a_listener_that_drops_the_lane_hears_no_more(answer: bytes, told: str) -> None:
    notes = Leaver()
    talk = talk_on_paper(notes=notes)
    talk.lane.begin(mail_of(1))
    talk.operator.speak()
    talk.lane.commit(mail_of(2))
    talk.operator.hear(answer)
    assert notes.names == ["ready", told]


@both_ways
@pytest.mark.parametrize("heard", range(0, 90, 4))
def test_nothing_is_told_or_written_after_abort(heard: int, pipelining: bool) -> None:
    talk = talk_on_paper(pipelining=pipelining)
    talk.lane.begin(mail_of(1))
    talk.operator.speak(heard)
    if talk.lane.is_ready:
        talk.lane.commit(mail_of(2))
    told, written = list(talk.notes.events), list(talk.operator.writes)
    talk.lane.abort()
    talk.operator.hear(b"250 ok\r\n")
    talk.lane.connection_lost(None)
    talk.lane.check_time(monotonic() + 2 * DOT_TIMEOUT)
    assert (talk.notes.events, talk.operator.writes) == (told, written)
    assert not talk.lane.usable


def test_8bit_content_is_refused_where_the_server_cannot_carry_it() -> None:
    talk = talk_on_paper(extensions={"PIPELINING": ""})
    assert not talk.lane.has_8bitmime
    with pytest.raises(ValueError, match="8BITMIME"):
        talk.lane.begin(mail_of())
    assert talk.operator.writes == []
    talk.lane.begin(mail_of(eight_bit=False))
    talk.operator.speak()
    with pytest.raises(ValueError, match="8BITMIME"):
        talk.lane.commit(mail_of(2))
    assert talk.operator.bodies == []
    assert talk.lane.is_ready


def test_mail_says_no_size_where_the_server_does_not_know_it() -> None:
    talk = talk_on_paper(extensions={"PIPELINING": ""})
    talk.lane.begin(mail_of(eight_bit=False))
    assert talk.operator.commands[0] == b"MAIL FROM:<a@acme.example>"


def test_steps_out_of_order_are_refused() -> None:
    talk = talk_on_paper()
    with pytest.raises(RuntimeError):
        talk.lane.commit()
    talk.lane.begin(mail_of())
    with pytest.raises(RuntimeError):
        talk.lane.begin(mail_of())
    with pytest.raises(RuntimeError):
        talk.lane.commit()
    talk.operator.speak()
    with pytest.raises(RuntimeError):
        talk.lane.begin(mail_of())
    talk.lane.commit()
    with pytest.raises(RuntimeError):
        talk.lane.commit()
