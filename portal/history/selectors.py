"""Reads of one message beyond what delivery offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from portal.delivery.models import Envelope, GatewayAccount, Message, Recipient, State
from portal.delivery.selectors import messages_in_state

SPENT = frozenset({State.ACCEPTED, State.REPLACED})
RETURNED = frozenset({State.REJECTED, State.CANCELLED, State.EXPIRED})

# What people choose in a filter, and the states that it stands for.
STATES_BY_CHOICE: Mapping[str, tuple[State, ...]] = {
    "queued": (State.QUEUED,),
    "sending": (State.TRANSMITTING,),
    "accepted": (State.ACCEPTED,),
    "rejected": (State.REJECTED,),
    "uncertain": (State.UNCERTAIN,),
    "held": (State.HELD,),
    "cancelled": (State.CANCELLED,),
    "expired": (State.EXPIRED,),
}


@dataclass(frozen=True)
class Totals:
    """``counts``: recipients by state; money by where it went; ``tries`` of all envelopes."""

    counts: Mapping[str, int]
    spent: Decimal
    returned: Decimal
    reserved: Decimal
    tries: int


def totals_of(message: Message) -> Totals:
    """Everything that changes while a message is under way, in one query."""
    rows = list(
        Envelope.objects.filter(message=message)
        .values_list("state")
        .annotate(people=Sum("recipients_count"), money=Sum("cost"), all_tries=Sum("tries"))
        .order_by()
    )
    money = {state: amount for state, _people, amount, _tries in rows}
    spent = _sum(money, SPENT)
    returned = _sum(money, RETURNED)
    return Totals(
        counts={state: count for state, count, *_rest in rows if state != State.REPLACED},
        spent=spent,
        returned=returned,
        reserved=sum(money.values(), Decimal(0)) - spent - returned,
        tries=sum(tries for *_rest, tries in rows),
    )


def _sum(money: Mapping[str, Decimal], states: frozenset[State]) -> Decimal:
    return sum((money.get(state, Decimal(0)) for state in states), Decimal(0))


def messages_of_choice(messages: QuerySet[Message], choice: str) -> QuerySet[Message]:
    """Those with any recipient in the chosen state."""
    states = STATES_BY_CHOICE[choice]
    found = messages_in_state(messages, states[0])
    for state in states[1:]:
        found |= messages_in_state(messages, state)
    return found


def recipients_of(message: Message, choice: str = "") -> QuerySet[Recipient]:
    """With their envelopes; in the chosen state where one is given."""
    states = STATES_BY_CHOICE.get(choice)
    recipients = message.recipients.select_related("envelope__settled_by")
    return recipients.filter(Q(envelope__state__in=states)) if states else recipients


def uncertain_envelopes(message: Message, most: int) -> list[Envelope]:
    return list(
        message.envelopes.filter(state=State.UNCERTAIN)
        .prefetch_related("recipients")
        .order_by("number")[:most]
    )


def resent_recipients(message: Message) -> int:
    """How many recipients later messages took over from this one."""
    total = message.resends.aggregate(people=Sum("recipients_count"))["people"]
    return int(total or 0)


def account_of(message: Message) -> GatewayAccount:
    return GatewayAccount.objects.get(organisation=message.organisation_id)
