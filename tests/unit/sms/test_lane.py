"""What a lane does with one e-mail after another, without a network."""

import pytest

from sms.lane import Lane, Mail
from sms.retry import Phase, Verdict
from sms.smtp import Reply
from tests.unit.sms.fake_operator import OBEDIENT
from tests.unit.sms.operator_on_paper import (
    BODY,
    COMMANDS,
    PHASES,
    Notes,
    both_ways,
    mail_of,
    ready_with,
    talk_on_paper,
)


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
        assert talk.lane.waiting_since is not None
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
@pytest.mark.parametrize(("step", "phase"), PHASES.items())
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
    assert talk.notes.failure(mail).phase is PHASES[step]
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
@pytest.mark.parametrize(("step", "phase"), PHASES.items())
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


def test_a_pipelined_mail_taken_back_gets_no_body_and_ends_the_lane() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first)
    talk.lane.commit(second)
    assert talk.lane.forget_following() is second
    assert talk.lane.forget_following() is None
    assert not talk.lane.usable
    talk.operator.speak(len(b"250 queued as 1\r\n"))
    assert talk.notes.names == ["ready", "answered"]
    assert talk.operator.is_gone
    assert not talk.lane.is_idle
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
