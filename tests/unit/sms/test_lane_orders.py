"""Whatever the server says, and in whatever order things happen, no mail is misreported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sms.lane import Lane, Mail
from sms.smtp import Reply
from tests.unit.sms.fake_operator import OBEDIENT, Script
from tests.unit.sms.operator_on_paper import DOT_TIMEOUT, Notes, Talk, mail_of, talk_on_paper

REFUSALS = (b"421 leaving", b"450 later", b"554-no\r\n554 way", b"550 never")
UNFIT = (b"250 ok", b"354 go on", b"what?", b"25", b"250 a\r\n250 b", b"354 a\r\n354 b")


class Mood(Script):
    """A script whose answers change: to each command one of `answers`, None for the right one."""

    def __init__(self, answers: Sequence[bytes | None], *, is_honest: bool) -> None:
        super().__init__(OBEDIENT)
        self.answers = list(answers)
        self.is_honest = is_honest
        self.has_refused = False

    def get(self, step: str, default: Any = None) -> Any:
        right = super().get(step, default)
        answer = (self.answers.pop() if self.answers else None) or right
        if not self.is_honest:
            return answer
        if step in {"MAIL", "RSET"}:
            self.has_refused = False
        elif self.has_refused and answer not in REFUSALS:
            # An honest server has neither RCPT without MAIL nor DATA without RCPT.
            answer = b"503 out of order"
        self.has_refused |= answer != right
        return answer


RIGHT = [None] * 12
honest_answers = st.lists(st.sampled_from([*RIGHT, *REFUSALS]), max_size=30)
any_answers = st.lists(st.sampled_from([*RIGHT, *REFUSALS, *UNFIT]), max_size=30)
honest = honest_answers.map(lambda answers: Mood(answers, is_honest=True))
lying = any_answers.map(lambda answers: Mood(answers, is_honest=False))
often = settings(max_examples=500)
chunks = st.lists(st.integers(1, 40), max_size=60)


@dataclass
class Sender(Notes):
    """Sends its mails one after another as fast as the lane lets it."""

    mails: list[Mail] = field(default_factory=lambda: [mail_of(n) for n in (4, 3, 2, 1)])

    def next(self) -> Mail | None:
        return self.mails.pop() if self.mails else None

    def go_on(self, lane: Lane) -> None:
        if lane.is_idle and (mail := self.next()):
            lane.begin(mail)

    def lane_ready(self, lane: Lane, mail: Mail) -> None:
        super().lane_ready(lane, mail)
        lane.commit(self.next())

    def lane_answered(self, lane: Lane, mail: Mail, reply: Reply) -> None:
        super().lane_answered(lane, mail, reply)
        self.go_on(lane)


def told_by(mood: Mood, sizes: Sequence[int | None], *, pipelining: bool) -> list[tuple[str, str]]:
    """What a sender hears of an operator heard in pieces of these sizes."""
    sender = Sender()
    talk = talk_on_paper(mood, pipelining=pipelining, notes=sender)
    sender.go_on(talk.lane)
    for size in sizes:
        talk.operator.speak(size)
        sender.go_on(talk.lane)
    while talk.operator.said:
        talk.operator.speak()
        sender.go_on(talk.lane)
    return [(name, str(what)) for name, _, what in sender.events]


@often
@given(honest_answers, chunks, st.booleans())
def test_it_does_not_matter_in_what_pieces_replies_come(
    answers: list[bytes | None], sizes: list[int], pipelining: bool
) -> None:
    whole = told_by(Mood(answers, is_honest=True), [], pipelining=pipelining)
    assert told_by(Mood(answers, is_honest=True), sizes, pipelining=pipelining) == whole


class Play:
    """A talk in which things happen in any order that the lane's properties allow."""

    def __init__(self, mood: Mood, *, pipelining: bool) -> None:
        self.talk: Talk = talk_on_paper(mood, pipelining=pipelining)
        self.lane, self.operator = self.talk.lane, self.talk.operator
        self.given: list[Mail] = []
        self.committed: list[Mail] = []
        self.forgotten: list[Mail] = []

    def mail(self) -> Mail:
        self.given.append(mail_of(len(self.given)))
        return self.given[-1]

    def hear(self, octets: int) -> None:
        self.operator.speak(octets)

    def hear_all(self, number: int) -> None:
        self.operator.speak()

    def begin(self, number: int) -> None:
        if self.lane.is_idle:
            self.lane.begin(self.mail())

    def commit(self, number: int) -> None:
        if not self.lane.is_ready:
            return
        ready = [mail for mail in self.given if self.talk.notes.of(mail) == ["ready"]]
        self.lane.commit(self.mail() if number % 4 else None)
        if self.lane.waiting_since is not None:
            self.committed += ready

    def forget(self, number: int) -> None:
        self.forgotten += filter(None, [self.lane.forget_following()])

    def be_late(self, number: int) -> None:
        self.lane.check_time(monotonic() + DOT_TIMEOUT)

    def lose(self, number: int) -> None:
        self.operator.is_gone = True
        self.lane.connection_lost(None)

    def be_about_to_lose(self, number: int) -> None:
        self.operator.is_gone = True

    def hear_noise(self, number: int) -> None:
        self.operator.hear(UNFIT[number % len(UNFIT)] + b"\r\n")

    def read_slowly(self, number: int) -> None:
        self.operator.reads_slowly = True

    def read_on(self, number: int) -> None:
        self.operator.reads_slowly = False
        self.lane.resume_writing()


Action = tuple[Callable[[Play, int], None], int]
WORK = [Play.begin, Play.hear_all, Play.commit, Play.hear_all, Play.commit, Play.hear] * 6
TROUBLE = [Play.forget, Play.be_late, Play.lose, Play.be_about_to_lose]
SLOWNESS = [Play.read_slowly, Play.read_on]


def lists_of(*what: Callable[[Play, int], None]) -> st.SearchStrategy[list[Action]]:
    return st.lists(st.tuples(st.sampled_from(what), st.integers(1, 60)), min_size=10, max_size=80)


ENDS = (["ready", "answered"], ["ready", "unanswered"], ["ready", "failed"], ["failed"])


def played(mood: Mood, actions: Sequence[Action], *, pipelining: bool) -> Play:
    play = Play(mood, pipelining=pipelining)
    play.begin(0)
    for act, number in actions:
        act(play, number)
    play.lose(0)
    return play


@often
@given(
    st.one_of(honest, lying),
    lists_of(*WORK, *TROUBLE, *SLOWNESS, Play.hear_noise),
    st.booleans(),
)
def test_every_mail_ends_once_and_fails_only_without_a_dot(
    mood: Mood, actions: list[Action], pipelining: bool
) -> None:
    play = played(mood, actions, pipelining=pipelining)
    written = b"".join(play.operator.writes)
    for mail in play.given:
        told = play.talk.notes.of(mail)
        assert told in ENDS or (mail in play.forgotten and told == [])
        assert (told[1:] in (["answered"], ["unanswered"])) is (mail in play.committed)
        assert (mail.body + b".\r\n" in written) is (mail in play.committed)


@often
@given(honest, lists_of(*WORK, *TROUBLE, *SLOWNESS), st.booleans())
def test_an_honest_servers_answer_is_told_of_the_mail_that_it_is_for(
    mood: Mood, actions: list[Action], pipelining: bool
) -> None:
    play = played(mood, actions, pipelining=pipelining)
    answers = dict(zip(play.operator.bodies, play.operator.answers, strict=True))
    for name, mail, what in play.talk.notes.events:
        if name == "answered":
            assert isinstance(what, Reply)
            assert answers[mail.body + b".\r\n"].startswith(b"%d" % what.code)
