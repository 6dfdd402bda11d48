"""What became of messages and recipients, in words, with the tone of their badges."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.delivery.models import (
    Envelope,
    EnvelopeText,
    Message,
    OutboxEntry,
    Recipient,
    Skip,
    SkippedBecause,
    State,
)
from portal.delivery.replies import reply_words
from portal.delivery.selectors import (
    NOT_SENT,
    OVERALL_LABELS,
    PARTLY_ACCEPTED,
    PAUSED,
    SENDING,
    Counts,
    Standing,
    is_settled,
    shown_state,
)
from portal.history.selectors import Reply

GOOD, WAIT, BAD, QUIET = "good", "wait", "bad", "quiet"
TONES: Mapping[str, str] = {
    State.QUEUED: QUIET,
    State.TRANSMITTING: QUIET,
    SENDING: QUIET,
    PAUSED: WAIT,
    State.ACCEPTED: GOOD,
    PARTLY_ACCEPTED: WAIT,
    NOT_SENT: BAD,
    State.UNCERTAIN: WAIT,
    State.HELD: WAIT,
    State.REJECTED: BAD,
    State.CANCELLED: QUIET,
    State.EXPIRED: BAD,
    State.SKIPPED: QUIET,
}
# How counts are listed: done first, then what needs somebody, then the rest.
ORDER = (
    State.ACCEPTED,
    State.UNCERTAIN,
    State.HELD,
    State.REJECTED,
    State.EXPIRED,
    State.CANCELLED,
    State.SKIPPED,
    SENDING,
    State.QUEUED,
)
CHOICES: Sequence[tuple[str, str | Promise]] = (
    ("queued", gettext_lazy("waiting in the queue")),
    ("sending", gettext_lazy("being sent")),
    ("accepted", gettext_lazy("accepted by the operator")),
    ("rejected", gettext_lazy("rejected by the operator")),
    ("uncertain", gettext_lazy("uncertain: you decide")),
    ("held", gettext_lazy("held")),
    ("cancelled", gettext_lazy("cancelled")),
    ("expired", gettext_lazy("expired")),
    ("skipped", gettext_lazy("skipped")),
)
# Of messages, too, what no single recipient can be.
MESSAGE_CHOICES = (CHOICES[0], (PAUSED, gettext_lazy("paused")), *CHOICES[1:])
_SKIPPED_BECAUSE: Mapping[str, str | Promise] = {
    SkippedBecause.STOP_LIST: gettext_lazy("The number is on the stop list."),
    SkippedBecause.PLATFORM_STOP_LIST: gettext_lazy("The number is on the portal’s stop list."),
}
BAR_WIDTH = 1000


@dataclass(frozen=True)
class Badge:
    """A state: ``tone`` is a CSS class's end, ``words`` say it without the colour."""

    tone: str
    words: str


@dataclass(frozen=True)
class Figure:
    """Recipients in one state; ``x`` and ``width`` place it on a bar 1,000 wide."""

    badge: Badge
    count: int
    x: int
    width: int


def state_badge(state: str) -> Badge:
    return Badge(TONES[state], str(OVERALL_LABELS[state]))


def message_badge(standing: Standing) -> Badge:
    return state_badge(standing.overall)


def figures(counts: Counts) -> list[Figure]:
    """In the order of the bar. ``transmitting`` is to people: being sent."""
    shown = {SENDING if state == State.TRANSMITTING else state: n for state, n in counts.items()}
    whole = sum(shown.values())
    found, done = [], 0
    for state in ORDER:
        if count := shown.get(state, 0):
            start, end = done * BAR_WIDTH // whole, (done + count) * BAR_WIDTH // whole
            width = max(end - start, 4)
            start = min(start, BAR_WIDTH - width)
            found.append(Figure(state_badge(state), count, start, width))
            done += count
    return found


def progress_words(counts: Counts) -> str:
    """One sentence on how far the message is."""
    accepted, skipped = counts.get(State.ACCEPTED, 0), counts.get(State.SKIPPED, 0)
    whole = sum(counts.values()) - skipped
    if not is_settled(counts) or State.UNCERTAIN in counts or State.HELD in counts:
        words = _("So far the operator accepted %(accepted)s of %(whole)s.")
    elif accepted:
        words = _("Done: the operator accepted %(accepted)s of %(whole)s.")
    elif set(counts) == {State.CANCELLED}:
        words = _("Cancelled: the operator accepted %(accepted)s of %(whole)s.")
    else:
        words = _("Not sent: the operator accepted %(accepted)s of %(whole)s.")
    sentence = words % {"accepted": accepted, "whole": whole}
    if not skipped:
        return sentence
    if not whole:
        sentence = _("Not sent.")
    left_out = _("Skipped: %(count)s.") % {"count": skipped}
    return f"{sentence} {left_out}"


@dataclass(frozen=True)
class MessageRow:
    message: Message
    standing: Standing

    @property
    def badge(self) -> Badge:
        return message_badge(self.standing)

    @property
    def figures(self) -> list[Figure]:
        """Counts by state, where there is more than one state."""
        found = figures(self.standing.counts)
        return found if len(found) > 1 else []

    @property
    def is_under_way(self) -> bool:
        return not is_settled(self.standing.counts)


@dataclass(frozen=True)
class RecipientRow:
    """A recipient of the message, with its envelope; ``entry`` is the message's in the outbox,
    ``own_name`` the reader's own name for the number, where that may be shown."""

    recipient: Recipient
    message: Message
    entry: OutboxEntry | None
    own_name: str = ""

    @property
    def name(self) -> str:
        return self.own_name or self.recipient.name

    @property
    def envelope(self) -> Envelope:
        return self.recipient.envelope

    @property
    def own(self) -> EnvelopeText | None:
        """Their own text, where the message is personalised."""
        return self.envelope.own if self.message.is_personalised else None

    @property
    def text(self) -> str:
        return self.own.text if self.own else self.message.text

    @property
    def badge(self) -> Badge:
        return state_badge(shown_state(self.envelope.state, self.entry))

    @property
    def note(self) -> str:
        """Why it is in this state, where there is something to say beyond the state."""
        envelope = self.envelope
        if self.entry and self._is_held:
            return _("Held: %(reason)s.") % {"reason": self.entry.get_held_because_display()}
        if self._awaits_canary:
            return _("Waits until its trial part is accepted.")
        if envelope.settled_by and envelope.state == State.CANCELLED:
            return _("By %(person)s.") % {"person": envelope.settled_by}
        if envelope.settled_by:
            return _("By the word of %(person)s.") % {"person": envelope.settled_by}
        if envelope.state in {State.CANCELLED, State.EXPIRED, State.ACCEPTED}:
            return ""
        return reply_words(envelope.last_phase, envelope.last_code, envelope.last_reply)

    @property
    def _is_held(self) -> bool:
        return shown_state(self.envelope.state, self.entry) == State.HELD

    @property
    def _awaits_canary(self) -> bool:
        is_kept = self.entry is not None and self.entry.is_held_for_canary
        return is_kept and self.envelope.state == State.QUEUED

    @property
    def _stands_still(self) -> bool:
        """Whether it waits for somebody, whatever the time."""
        return self._is_held or (self.entry is not None and self.entry.is_paused)

    @property
    def raw(self) -> str:
        """The operator's own words with the reply code."""
        code = f"{self.envelope.last_code} " if self.envelope.last_code else ""
        return f"{code}{self.envelope.last_reply}".strip()

    @property
    def next_try_at(self) -> datetime | None:
        """After a try that failed; None where it is being tried or stands still."""
        was_tried = self.envelope.state == State.QUEUED and self.envelope.tries > 0
        return self.envelope.retry_at if was_tried and not self._stands_still else None

    @property
    def leaves_at(self) -> datetime | None:
        """Of a message that is to leave later."""
        waits = self.envelope.state == State.QUEUED and not self.envelope.tries
        is_early = self.message.due_at > timezone.now()
        return self.message.due_at if waits and is_early and not self._stands_still else None


@dataclass(frozen=True)
class SkipRow:
    """A recipient whom the message skips, as ``RecipientRow`` shows the others."""

    recipient: Skip
    message: Message
    own_name: str = ""

    @property
    def name(self) -> str:
        return self.own_name or self.recipient.name

    @property
    def text(self) -> str:
        """As it was written: they were to get none."""
        return self.message.text

    @property
    def badge(self) -> Badge:
        return state_badge(State.SKIPPED)

    @property
    def note(self) -> str:
        because = _SKIPPED_BECAUSE[self.recipient.reason]
        said = self.recipient.note
        return f"{because} {said}" if said else str(because)

    @property
    def skipped_at(self) -> datetime:
        return self.recipient.at


@dataclass(frozen=True)
class Refusal:
    """Of a message that the operator rejected altogether or nearly so: for how many recipients,
    with the reply that it gave most often, in ``words`` and as it came."""

    count: int
    words: str
    raw: str


def refusal_of(counts: Counts, reply: Reply) -> Refusal:
    raw = f"{reply.code or ''} {reply.text}".strip()
    words = reply_words(reply.phase, reply.code, reply.text)
    return Refusal(counts[State.REJECTED], words, raw)


def is_refused_wholesale(counts: Counts) -> bool:
    """Whether nine in ten of those that the operator answered for were rejected."""
    rejected = counts.get(State.REJECTED, 0)
    return rejected > 0 and rejected >= 9 * counts.get(State.ACCEPTED, 0)


def fingerprint(*seen: object) -> str:
    """Changes whenever anything in ``seen`` does; for pages that ask whether they are stale."""
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
