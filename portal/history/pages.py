"""What the page of one message shows."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.core.keyset import KeysetPage, keyset_page
from portal.delivery.models import UNDER_WAY, Envelope, GatewayAccount, Message, Recipient
from portal.delivery.models import State as EnvelopeState
from portal.delivery.replies import Trouble, trouble_of
from portal.delivery.selectors import is_settled
from portal.history.presenters import (
    CHOICES,
    Badge,
    Figure,
    RecipientRow,
    figures,
    fingerprint,
    message_badge,
    progress_words,
)
from portal.history.selectors import (
    STATES_BY_CHOICE,
    Totals,
    account_of,
    recipients_of,
    resent_recipients,
    totals_of,
    uncertain_envelopes,
)

RECIPIENTS_PER_PAGE = 50
MOST_DECISIONS = 10


@dataclass(frozen=True)
class Page:
    """One message as the member sees it; ``query`` holds the choice and place of the recipients'
    table (``state``, ``cursor``). Reads the database as its parts are asked for, each once."""

    message: Message
    member: User
    query: QueryDict

    @cached_property
    def totals(self) -> Totals:
        return totals_of(self.message)

    @cached_property
    def account(self) -> GatewayAccount:
        return account_of(self.message)

    @property
    def badge(self) -> Badge:
        return message_badge(self.totals.counts)

    @property
    def figures(self) -> list[Figure]:
        return figures(self.totals.counts)

    @property
    def progress_words(self) -> str:
        return progress_words(self.totals.counts)

    @property
    def is_settled(self) -> bool:
        return is_settled(self.totals.counts)

    @cached_property
    def trouble(self) -> Trouble | None:
        """Why nothing moves, while something should."""
        if not set(self.totals.counts) & UNDER_WAY:
            return None
        return trouble_of(self.account, now=timezone.now())

    @property
    def segments_in_all(self) -> int:
        return self.message.segments * self.message.recipients_count

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.totals, self.trouble)

    @property
    def may_act(self) -> bool:
        """Who may send and sees the message is its author or a manager."""
        return self.member.may(Right.SEND)

    @property
    def may_cancel(self) -> bool:
        return self.may_act and bool({EnvelopeState.QUEUED, EnvelopeState.HELD} & set(self.totals.counts))

    @property
    def is_held(self) -> bool:
        return EnvelopeState.HELD in self.totals.counts

    @property
    def may_release(self) -> bool:
        return self.is_held and self.member.may(Right.DECIDE_FOR_OTHERS)

    @cached_property
    def may_resend(self) -> bool:
        """Whether the operator rejected more recipients than were sent to again since."""
        rejected = self.totals.counts.get(EnvelopeState.REJECTED, 0)
        return self.may_act and rejected > 0 and rejected > resent_recipients(self.message)

    @cached_property
    def uncertain(self) -> list[Envelope]:
        if EnvelopeState.UNCERTAIN not in self.totals.counts:
            return []
        return uncertain_envelopes(self.message, MOST_DECISIONS)

    @property
    def choice(self) -> str:
        asked = self.query.get("state", "")
        return asked if asked in STATES_BY_CHOICE else ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """States that some recipient is in, for the table's filter."""
        counts = self.totals.counts
        return [
            (choice, str(words))
            for choice, words in CHOICES
            if choice == self.choice or any(state in counts for state in STATES_BY_CHOICE[choice])
        ]

    @cached_property
    def recipients(self) -> KeysetPage[Recipient]:
        return keyset_page(
            recipients_of(self.message, self.choice),
            cursor=self.query.get("cursor"),
            fields=("id",),
            size=RECIPIENTS_PER_PAGE,
        )

    @property
    def rows(self) -> list[RecipientRow]:
        return [RecipientRow(recipient) for recipient in self.recipients.items]
