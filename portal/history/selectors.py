"""Reads of one message beyond what delivery offers."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Min, QuerySet, Sum

from portal.accounts.models import User
from portal.audit.models import Action, Event
from portal.contacts.models import Contact
from portal.delivery.amounts import amounts_of
from portal.delivery.models import (
    NOTABLE,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
    Recipient,
    State,
)
from portal.delivery.selectors import Counts, messages_in_state, shown_counts, stored_counts

# Of how many rejections the most frequent reply is sought.
REPLIES_LOOKED_AT = 500

# What people choose in a filter of recipients, and the state that it stands for.
STATE_OF_CHOICE: Mapping[str, State] = {
    "queued": State.QUEUED,
    "sending": State.TRANSMITTING,
    "accepted": State.ACCEPTED,
    "rejected": State.REJECTED,
    "uncertain": State.UNCERTAIN,
    "held": State.HELD,
    "cancelled": State.CANCELLED,
    "expired": State.EXPIRED,
    "skipped": State.SKIPPED,
}


@dataclass(frozen=True)
class Totals:
    """``counts``: recipients by state; money by where it went; ``came_back``: how many envelopes
    came back to the queue, and how many tries they had."""

    counts: Counts
    spent: Decimal
    returned: Decimal
    reserved: Decimal
    came_back: tuple[int, int]


def totals_of(message: Message, entry: OutboxEntry | None) -> Totals:
    """Everything that changes while a message is under way, however many envelopes it has;
    ``entry`` is its place in the outbox."""
    by_state = stored_counts([message])[message.pk]
    money = amounts_of(message, by_state)
    return Totals(
        counts=shown_counts(by_state, entry),
        spent=money.spent,
        returned=money.returned,
        reserved=money.reserved,
        came_back=_came_back(message, entry) if entry else (0, 0),
    )


def _came_back(message: Message, entry: OutboxEntry) -> tuple[int, int]:
    returned = message.envelopes.filter(account=entry.account_id, retry_at__isnull=False)
    found = returned.aggregate(envelopes=Count("pk"), tries=Sum("tries"))
    return found["envelopes"], found["tries"] or 0


def messages_of_choice(messages: QuerySet[Message], choice: str) -> QuerySet[Message]:
    """Those with any recipient in the chosen state, or those that are paused."""
    return messages_in_state(messages, STATE_OF_CHOICE.get(choice, choice))


def recipients_of(message: Message, choice: str = "") -> QuerySet[Recipient]:
    """With their envelopes; in the chosen state where one is given: of a message, either what is
    held or what is queued is there to be chosen."""
    recipients = message.recipients.select_related("envelope__settled_by")
    if message.is_personalised:
        recipients = recipients.select_related("envelope__own")
    recipients = recipients.filter(pk__gte=_first_recipient(message))
    state = STATE_OF_CHOICE.get(choice)
    if state is None:
        return recipients
    if state in NOTABLE:
        return recipients.filter(envelope__notable=state)
    return recipients.filter(envelope__state=State.QUEUED if state == State.HELD else state)


def _first_recipient(message: Message) -> int:
    """An id that none of its recipients is below, so that nobody reads through those of older
    messages: they were written in the order of their envelopes. 0 where the first of them were
    sent to again."""
    first = message.recipients.filter(envelope__message=message, envelope__number=1)
    return first.aggregate(pk=Min("pk"))["pk"] or 0


def own_names(member: User, phones: Collection[str]) -> dict[str, str]:
    """By number (E.164 digits), of the member's own contacts in use: no message keeps these."""
    own = Contact.objects.filter(organisation=member.organisation_id, shelf=member.pk)
    return dict(own.in_use().filter(phone__in=phones).values_list("phone", "name"))


def uncertain_envelopes(message: Message, most: int, shown: Collection[int] = ()) -> list[Envelope]:
    """Up to ``most``: those of the ids ``shown`` that still are uncertain, then others."""
    uncertain = message.envelopes.filter(notable=State.UNCERTAIN).prefetch_related("recipients")
    if message.is_personalised:
        uncertain = uncertain.select_related("own")
    others = uncertain.order_by("number")
    found = list(others.filter(pk__in=shown)[:most]) if shown else []
    found += others.exclude(pk__in=shown)[: most - len(found)]
    for envelope in found:
        # Its Message-ID is made of the message.
        envelope.message = message
    return found


@dataclass(frozen=True)
class Reply:
    """The operator's last reply to an envelope; ``code`` None where the connection failed."""

    phase: str
    code: int | None
    text: str


def most_frequent_rejection(message: Message) -> Reply | None:
    """Among the first envelopes that the operator rejected; None where none was, whatever people
    decided."""
    rejected = message.envelopes.filter(notable=State.REJECTED, settled_by=None)
    replies = rejected.values_list("last_phase", "last_code", "last_reply").order_by("number")
    counted = Counter(replies[:REPLIES_LOOKED_AT]).most_common(1)
    return Reply(*counted[0][0]) if counted else None


@dataclass(frozen=True)
class Cancellation:
    at: datetime
    person: str


def last_cancellation(message: Message) -> Cancellation | None:
    """Who cancelled what had not left of the message; of several, the last."""
    events = Event.objects.filter(
        organisation_id=message.organisation_id,
        action=Action.CANCELLED,
        object_type=message._meta.label_lower,
        object_id=str(message.pk),
        at__gte=message.created_at,
    )
    event = events.order_by("-id").first()
    if event is None:
        return None
    person = User.objects.filter(pk=event.actor_id).first() if event.actor_id else None
    return Cancellation(event.at, str(person or event.actor_label))


def resent_recipients(message: Message) -> int:
    """How many recipients later messages took over from this one."""
    total = message.resends.aggregate(people=Sum("recipients_count"))["people"]
    return int(total or 0)


def account_of(message: Message) -> GatewayAccount:
    return GatewayAccount.objects.get(organisation=message.organisation_id)
