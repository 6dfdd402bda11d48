"""What a message would be if it were sent now: counted, priced and written, and nothing stored."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import islice

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.billing.services import NotEnoughMoney, balance
from portal.core.explain import explain_phone
from portal.delivery.letters import letter_preview
from portal.delivery.models import GatewayAccount
from portal.delivery.trouble import Trouble, trouble_of
from portal.messaging.audience import Audience
from portal.messaging.composing.wording import Wording
from portal.messaging.gathering import MOST_LISTED
from portal.messaging.reach import Part, reach_words
from portal.messaging.text_report import MOST_SAMPLED, Text, report_text
from sms.batching import batches
from sms.letter import LetterRefused


@dataclass(frozen=True)
class Money:
    """In the organisation's currency. ``available`` is None where no balance is kept."""

    cost: Decimal
    currency: str
    available: Decimal | None

    @property
    def left(self) -> Decimal:
        return (self.available or Decimal(0)) - self.cost

    @property
    def is_short(self) -> bool:
        return self.shortage is not None

    @property
    def shortage(self) -> NotEnoughMoney | None:
        """What the ledger would say if the message were sent now."""
        if self.available is None or self.left >= 0:
            return None
        return NotEnoughMoney(cost=self.cost, available=self.available, currency=self.currency)


@dataclass(frozen=True)
class ShownPart:
    """A part of the audience's reach under its title; ``name`` tells parts of a page apart."""

    name: str
    title: str
    part: Part


@dataclass(frozen=True)
class Outlook:
    """``money`` is None where sending costs nothing."""

    account: GatewayAccount
    sender: str
    text: Text
    audience: Audience
    money: Money | None

    @property
    def segments_in_all(self) -> int:
        return round(self.text.mean_segments * len(self.audience))

    @property
    def next_segment(self) -> Money | None:
        """What one segment more would cost for this audience."""
        return price(self.account.organisation, len(self.audience))

    @property
    def is_full(self) -> bool:
        """Whether the text may not take a segment more."""
        return self.text.counted.segments >= self.ceiling

    @property
    def ceiling(self) -> int:
        """Most segments that the organisation allows in one SMS."""
        return self.account.organisation.segment_ceiling

    @property
    def trouble(self) -> Trouble | None:
        """Why a message would wait in the queue."""
        return trouble_of(self.account, now=timezone.now())

    @property
    def reach_words(self) -> str:
        return reach_words(self.audience.reach)

    @property
    def reach_parts(self) -> list[ShownPart]:
        """The parts that anybody is in, for who wants to see names."""
        reach = self.audience.reach
        titled = (
            ("reached", _("First recipients"), reach.reached),
            ("duplicates", _("Who is repeated"), reach.duplicates),
            ("stopped", _("Who is on the stop list"), reach.stopped),
            ("without", _("Who has no number"), reach.without_number),
        )
        return [ShownPart(name, title, part) for name, title, part in titled if part.count]

    @property
    def about(self) -> str:
        """Stands before how many there are, where that is not exact."""
        return "" if self.audience.reach.is_exact else "≈ "

    @property
    def about_segments(self) -> str:
        """Stands before segments and cost, where those are not exact."""
        samples = self.text.samples
        is_exact = samples is None or samples.count == len(self.audience)
        return self.about if is_exact else "≈ "

    @property
    def refused(self) -> list[tuple[str, str]]:
        """The first refused spellings, each with its reason."""
        return [
            (number.raw, explain_phone(number.fault, number.data))
            for number in self.audience.refused
        ]

    @property
    def more_refused(self) -> int:
        return self.audience.reach.refused - len(self.audience.refused)

    @cached_property
    def first_envelope(self) -> tuple[str, ...]:
        """Numbers of the first e-mail, none where there is nobody."""
        first = next(self._envelopes(), ())
        return first[:1] if self.text.samples else first

    @property
    def envelopes_count(self) -> int:
        """E-mails in all; of a list too long to read here, as many as if each were as full as the
        first."""
        if self.text.samples:
            return len(self.audience)
        if len(self.audience) > MOST_LISTED:
            return math.ceil(len(self.audience) / len(self.first_envelope))
        return sum(1 for _envelope in self._envelopes())

    def _envelopes(self) -> Iterator[tuple[str, ...]]:
        return batches(self.audience.phones(), per_email=self.account.numbers_per_email)

    @cached_property
    def letter(self) -> str:
        """The first e-mail to the operator; empty until sender, numbers and text are fit."""
        if not (self.sender and self.first_envelope and self.text.prepared) or self.text.fault:
            return ""
        try:
            return letter_preview(
                self.account,
                sender=self.sender,
                numbers=self.first_envelope,
                text=self.text.prepared,
            ).replace("\r\n", "\n")
        except LetterRefused:
            return ""


def outlook(
    *, account: GatewayAccount, sender: str, wording: Wording, audience: Audience
) -> Outlook:
    """``sender`` is a name that the member may use, or empty."""
    first = list(islice(audience.phones(), MOST_SAMPLED))
    text = report_text(wording, first)
    return Outlook(
        account=account,
        sender=sender,
        text=text,
        audience=audience,
        money=price(account.organisation, round(text.mean_segments * len(audience))),
    )


def price(organisation: Organisation, segments: int) -> Money | None:
    if not organisation.price_per_segment:
        return None
    return Money(
        cost=organisation.price_per_segment * segments,
        currency=organisation.currency,
        available=balance(organisation).available if organisation.is_prepaid else None,
    )
