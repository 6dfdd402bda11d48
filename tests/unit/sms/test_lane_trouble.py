"""A lane in trouble: silence, nonsense, loss and words out of turn, without a network."""

import traceback
from pathlib import Path
from time import monotonic

import pytest

import sms.lane
from sms.lane import Lane, Mail
from sms.retry import Phase, Verdict
from sms.smtp import Reply, SmtpFailure
from tests.unit.sms.fake_operator import OBEDIENT, Fault
from tests.unit.sms.operator_on_paper import (
    COMMANDS,
    DOT_TIMEOUT,
    PHASES,
    TIMEOUT,
    Notes,
    both_ways,
    mail_of,
    ready_with,
    talk_on_paper,
)

CORE = Path(sms.lane.__file__).parent


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
    assert talk.lane.waiting_since is None
    assert not talk.lane.is_ready
    talk.lane.connection_lost(None)
    assert talk.notes.names == ["ready", "failed", "failed"]
    assert talk.notes.failure(first).phase is Phase.BODY
    assert talk.notes.failure(second).phase is Phase.MAIL


def test_a_dot_not_written_for_a_loss_about_to_be_told_is_not_asked_for_again() -> None:
    first, second = mail_of(1), mail_of(2)
    talk = ready_with(first)
    talk.operator.is_gone = True
    talk.lane.commit(second)
    talk.lane.resume_writing()
    with pytest.raises(RuntimeError):
        talk.lane.commit()
    assert talk.notes.names == ["ready"]


def test_a_body_that_the_connection_did_not_take_is_not_ready() -> None:
    mail = mail_of()
    talk = talk_on_paper()
    talk.operator.breaks_at_body = True
    talk.lane.begin(mail)
    talk.operator.speak()
    talk.lane.connection_lost(None)
    assert talk.notes.names == ["failed"]
    assert talk.notes.failure(mail).phase is Phase.BODY


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


class Watcher(Notes):
    """Notes whether the lane could be used when it told of a mail's end."""

    def __init__(self) -> None:
        super().__init__()
        self.was_usable: list[bool] = []

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        self.was_usable.append(lane.usable or lane.is_idle)

    def lane_failed(self, lane: Lane, mail: Mail, failure: SmtpFailure) -> None:
        self.was_usable.append(lane.usable or lane.is_idle)


@pytest.mark.parametrize("step", ["MAIL", "DOT"])
def test_a_listener_is_never_offered_a_lane_with_a_reply_too_many(step: str) -> None:
    watcher = Watcher()
    script = OBEDIENT | {step: b"450 later\r\n250 ok"}
    talk = talk_on_paper(script, pipelining=step == "DOT", notes=watcher)
    talk.lane.begin(mail_of())
    talk.operator.speak()
    if step == "DOT":
        talk.lane.commit()
        talk.operator.speak()
    assert watcher.was_usable == [False]


@pytest.mark.parametrize("word", [b"421 idle for too long\r\n", b"4"])
def test_a_word_to_an_idle_lane_ends_it_unheard(word: bytes) -> None:
    talk = talk_on_paper()
    talk.operator.hear(word)
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


@both_ways
@pytest.mark.parametrize(("step", "phase"), PHASES.items())
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


@both_ways
@pytest.mark.parametrize("word", [b"", b"25", b"250-ok\r\n", b"hello\r\n", b"999 what\r\n"])
@pytest.mark.parametrize(("step", "phase"), PHASES.items())
def test_no_clear_reply_before_the_dot_is_safe_to_retry(
    step: str, phase: Phase, word: bytes, pipelining: bool
) -> None:
    mail = mail_of()
    talk = talk_on_paper(OBEDIENT | {step: Fault.HANG}, pipelining=pipelining)
    talk.lane.begin(mail)
    talk.operator.speak()
    talk.operator.hear(word)
    talk.lane.connection_lost(None)
    failure = talk.notes.failure(mail)
    assert (failure.phase, failure.reply, failure.verdict) == (phase, None, Verdict.RETRY)
    assert failure.reason in {"connection closed", "unintelligible reply"}


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
    assert talk.lane.waiting_since == since
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


class Faulty(Notes):
    """Fails when it hears an answer."""

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        raise RuntimeError("no room for the answer")


def test_no_traceback_shows_a_password_that_the_server_quotes() -> None:
    talk = talk_on_paper(notes=Faulty())
    talk.lane.begin(mail_of())
    talk.operator.speak()
    talk.lane.commit()
    talk.operator.hear(b"554-no\r\n554 Passwo")
    with pytest.raises(RuntimeError) as caught:
        talk.operator.hear(b"rd=s3cret\r\n")
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in trace.stack if Path(frame.filename).parent == CORE]
    assert len(frames) > 3
    assert "s3cret" not in str([frame.locals for frame in frames])
