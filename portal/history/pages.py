"""What the page of one message shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.core.keyset import KeysetPage, keyset_page
from portal.delivery.amounts import segments_charged
from portal.delivery.models import (
    UNDER_WAY,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
    Recipient,
    Skip,
    State,
)
from portal.delivery.selectors import Standing, is_settled, outbox_entries
from portal.delivery.trouble import Trouble, trouble_of
from portal.history.presenters import (
    CHOICES,
    Badge,
    Figure,
    RecipientRow,
    Refusal,
    SkipRow,
    figures,
    fingerprint,
    is_refused_wholesale,
    message_badge,
    progress_words,
    refusal_of,
)
from portal.history.selectors import (
    STATE_OF_CHOICE,
    Cancellation,
    Totals,
    account_of,
    last_cancellation,
    most_frequent_rejection,
    own_names,
    recipients_of,
    resent_recipients,
    totals_of,
    uncertain_envelopes,
)

RECIPIENTS_PER_PAGE = 50
MOST_DECISIONS = 10
SECONDS_WHILE_MOVING, SECONDS_WHILE_STILL = 2, 5


@dataclass(frozen=True)
class Action:
    """A place for what may be done to the message; empty while it ``is_open`` to nobody."""

    name: str
    is_open: bool

    @property
    def template(self) -> str:
        return f"history/_action_{self.name}.html"


@dataclass(frozen=True)
class Page:
    """One message as the member sees it; ``query`` holds the choice and place of the recipients'
    table (``state``, ``cursor``). Reads the database as its parts are asked for, each once."""

    message: Message
    member: User
    query: QueryDict

    @cached_property
    def entry(self) -> OutboxEntry | None:
        return outbox_entries([self.message.pk]).get(self.message.pk)

    @cached_property
    def totals(self) -> Totals:
        return totals_of(self.message, self.entry)

    @property
    def standing(self) -> Standing:
        return Standing(self.totals.counts, self.entry)

    @cached_property
    def account(self) -> GatewayAccount:
        return account_of(self.message)

    @property
    def badge(self) -> Badge:
        return message_badge(self.standing)

    @property
    def figures(self) -> list[Figure]:
        return figures(self.totals.counts)

    @property
    def progress_words(self) -> str:
        return progress_words(self.totals.counts)

    @property
    def is_settled(self) -> bool:
        return is_settled(self.totals.counts)

    @property
    def may_change(self) -> bool:
        """Whether anything of it may still leave, by itself or once somebody lets it."""
        return not self.is_settled or self.is_held

    @property
    def seconds_to_next_look(self) -> int:
        """After which an open page asks for news; 0 where there will be none."""
        if not self.may_change:
            return 0
        is_still = self.is_held or self.standing.is_paused or self.message.due_at > timezone.now()
        is_moving = State.TRANSMITTING in self.totals.counts
        return SECONDS_WHILE_STILL if is_still and not is_moving else SECONDS_WHILE_MOVING

    @cached_property
    def trouble(self) -> Trouble | None:
        """Why nothing moves, or goes slower, while something should."""
        if not set(self.totals.counts) & UNDER_WAY:
            return None
        return trouble_of(self.account, now=timezone.now())

    @cached_property
    def refusal(self) -> Refusal | None:
        """What the operator said to a message that it rejected altogether or nearly so."""
        if not is_refused_wholesale(self.totals.counts):
            return None
        reply = most_frequent_rejection(self.message)
        return refusal_of(self.totals.counts, reply) if reply else None

    @cached_property
    def cancellation(self) -> Cancellation | None:
        if State.CANCELLED not in self.totals.counts:
            return None
        return last_cancellation(self.message)

    @property
    def is_scheduled(self) -> bool:
        return self.message.due_at > self.message.created_at

    @property
    def segments_in_all(self) -> int:
        """Of those who were not skipped."""
        return segments_charged(self.message, self.totals.counts)

    @property
    def fingerprint(self) -> str:
        entry = self.entry
        hindrance = entry and (entry.held_because, entry.paused_at, entry.cancelled_by_id)
        return fingerprint(self.totals, self.trouble, hindrance)

    @property
    def may_act(self) -> bool:
        """Who may send and sees the message is its author or a manager."""
        return self.member.may(Right.SEND)

    @property
    def actions(self) -> list[Action]:
        """In the order of the page."""
        return [
            Action("release", self.may_release),
            Action("let_go", self.may_let_go),
            Action("resume", self.may_resume),
            Action("pause", self.may_pause),
            Action("cancel", self.may_cancel),
            Action("resend", self.may_resend),
            Action("decide_all", self.may_decide_all),
        ]

    @property
    def waiting(self) -> int:
        """How many recipients wait in the queue, to leave by themselves."""
        return self.totals.counts.get(State.QUEUED, 0)

    @property
    def may_pause(self) -> bool:
        return self.may_act and self.waiting > 0 and not self._is_paused_or_cancelled

    @property
    def may_resume(self) -> bool:
        return self.may_act and self.standing.is_paused

    @property
    def may_cancel(self) -> bool:
        return self.may_act and (self.waiting > 0 or self.is_held) and not self._is_cancelled

    @property
    def _is_paused_or_cancelled(self) -> bool:
        return self.entry is not None and self.entry.paused_at is not None

    @property
    def _is_cancelled(self) -> bool:
        """What is queued of it still was put off since, and is cancelled at the next sweep."""
        return self.entry is not None and self.entry.cancelled_by_id is not None

    @property
    def is_held(self) -> bool:
        return State.HELD in self.totals.counts

    @property
    def may_release(self) -> bool:
        may_answer_for_it = self.is_held and self.member.may(Right.DECIDE_FOR_OTHERS)
        return may_answer_for_it and not self._is_held_for_canary

    @property
    def may_let_go(self) -> bool:
        """Of its canary, before that is accepted."""
        return self.may_act and self._is_held_for_canary and not self._is_cancelled

    @property
    def _is_held_for_canary(self) -> bool:
        return self.entry is not None and self.entry.is_held_for_canary

    @cached_property
    def may_resend(self) -> bool:
        """Whether the operator rejected more recipients than were sent to again since."""
        rejected = self.totals.counts.get(State.REJECTED, 0)
        return self.may_act and rejected > 0 and rejected > resent_recipients(self.message)

    @cached_property
    def may_decide_all(self) -> bool:
        """Whether more than one e-mail waits for a person's decision."""
        return self.may_act and len(self.uncertain) > 1

    @property
    def has_uncertain(self) -> bool:
        return State.UNCERTAIN in self.totals.counts

    @cached_property
    def uncertain(self) -> list[Envelope]:
        if not self.has_uncertain:
            return []
        return uncertain_envelopes(self.message, MOST_DECISIONS)

    @property
    def choice(self) -> str:
        asked = self.query.get("state", "")
        return asked if asked in STATE_OF_CHOICE else ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """States that some recipient is in, for the table's filter."""
        counts = self.totals.counts
        return [
            (choice, str(words))
            for choice, words in CHOICES
            if choice == self.choice or STATE_OF_CHOICE[choice] in counts
        ]

    @property
    def choices_key(self) -> str:
        """Names the choices, so that a page can tell which it shows."""
        return " ".join(choice for choice, _words in self.choices)

    @property
    def skipped(self) -> int:
        """How many recipients were."""
        return self.totals.counts.get(State.SKIPPED, 0)

    @property
    def shows_skipped(self) -> bool:
        """Whether those are who the table shows: they are no rows among the others."""
        are_all = set(self.totals.counts) == {State.SKIPPED}
        return self.choice == "skipped" or (are_all and not self.choice)

    @cached_property
    def listed(self) -> KeysetPage[Recipient] | KeysetPage[Skip]:
        return self._skips() if self.shows_skipped else self._recipients()

    def _skips(self) -> KeysetPage[Skip]:
        return keyset_page(
            self.message.skips.all(),
            cursor=self.query.get("cursor"),
            fields=("id",),
            size=RECIPIENTS_PER_PAGE,
        )

    def _recipients(self) -> KeysetPage[Recipient]:
        found = recipients_of(self.message, self.choice)
        if self.choice and STATE_OF_CHOICE[self.choice] not in self.totals.counts:
            # Spares a look at every recipient of a large message.
            found = found.none()
        return keyset_page(
            found,
            cursor=self.query.get("cursor"),
            fields=("id",),
            size=RECIPIENTS_PER_PAGE,
        )

    @property
    def rows(self) -> list[RecipientRow | SkipRow]:
        return [self._row(recipient) for recipient in self.listed.items]

    def _row(self, recipient: Recipient | Skip) -> RecipientRow | SkipRow:
        own_name = self._own_names.get(recipient.phone, "")
        if isinstance(recipient, Skip):
            return SkipRow(recipient, self.message, own_name)
        return RecipientRow(recipient, self.message, self.entry, own_name)

    @cached_property
    def _own_names(self) -> Mapping[str, str]:
        """Of those listed, as the author calls them; shown to the author alone."""
        if self.message.author_id != self.member.pk:
            return {}
        return own_names(self.member, [recipient.phone for recipient in self.listed.items])
