"""Whatever happens to messages and to the stop list: everybody is counted once, and no money is
lost or appears."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.accounts.models import Organisation, Plan, User
from portal.accounts.rights import Role
from portal.billing.services import NotEnoughMoney, balance, sums_verify, top_up
from portal.contacts.models import StopListEntry, StopSource
from portal.contacts.stop_list.services import stop_list_add
from portal.core.errors import Refused
from portal.delivery.amounts import amounts_of, segments_charged
from portal.delivery.answers import Outcome, group_commit, outcomes_record
from portal.delivery.claims import claims_end, envelopes_claim
from portal.delivery.decisions import message_cancel
from portal.delivery.models import (
    STORED,
    UNDER_WAY,
    Envelope,
    GatewayAccount,
    Message,
    Recipient,
    Skip,
    State,
)
from portal.delivery.selectors import message_counts, stored_counts
from portal.delivery.sweep import outbox_close
from portal.delivery.uncertain import envelope_send_again, envelope_was_not_sent
from sms.retry import Phase, Verdict
from sms.segments import count
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.delivery.engine_run import numbers
from tests.personalised import submit_personalised

FIVE = numbers(5)
MONEY = 200
PRICE = Decimal("2.50")
UNSETTLED = [*UNDER_WAY, State.UNCERTAIN]


def organisation_of(author: User) -> Organisation:
    assert author.organisation is not None
    return author.organisation


def prepaid_author(numbers_per_email: int) -> User:
    organisation = OrganisationFactory(plan=Plan.PREPAID, price_per_segment=PRICE)
    GatewayAccountFactory(organisation=organisation, numbers_per_email=numbers_per_email)
    author: User = MemberFactory(organisation=organisation, role=Role.MANAGER)
    top_up(organisation=organisation, amount=Decimal(MONEY), actor=AdministratorFactory())
    return author


def _stop(place: int) -> Callable[[User], object]:
    return lambda author: stop_list_add(
        organisation=organisation_of(author),
        phones=[FIVE[place]],
        reason="",
        source=StopSource.HAND,
        actor=author,
    )


def _sent(verdict: Verdict) -> Callable[[User], None]:
    def send(author: User) -> None:
        account = GatewayAccount.objects.get(organisation=author.organisation)
        now = timezone.now() + timedelta(days=1)
        claimed = envelopes_claim(account_id=account.pk, most=2, now=now)
        group_commit(outcomes=[], passing=claimed.envelopes, now=now)
        ends = [
            Outcome(envelope, verdict, Phase.DOT, 250, "", now, now)
            for envelope in claimed.envelopes
        ]
        outcomes_record(ends, now=now)
        claims_end([claimed.token], unsent=[], now=now)

    return send


def _decide(decision: Callable[..., object]) -> Callable[[User], None]:
    def decide(author: User) -> None:
        uncertain = Envelope.objects.filter(message__author=author, state=State.UNCERTAIN)
        if envelope := uncertain.order_by("id").first():
            decision(envelope=envelope, actor=author)

    return decide


def _cancel(author: User) -> None:
    if message := Message.objects.filter(author=author).order_by("-id").first():
        message_cancel(message=message, actor=author)


# Two neighbours share a text; lengths differ.
TEXTS = dict(
    zip(FIVE, ("Коротко", "Коротко", "длинно " * 12, "Иначе", "длинно " * 25), strict=True)
)

STEPS: dict[str, Callable[[User], object]] = {
    "submit": lambda author: submit_message(author, *FIVE),
    "submit personalised": lambda author: submit_personalised(author, TEXTS),
    "stop the first": _stop(0),
    "stop another": _stop(2),
    "stop the last": _stop(4),
    "forgive": lambda author: StopListEntry.objects.all().delete(),
    "accept": _sent(Verdict.ACCEPTED),
    "reject": _sent(Verdict.REJECTED),
    "put off": _sent(Verdict.RETRY),
    "lose": _sent(Verdict.UNCERTAIN),
    "send again": _decide(envelope_send_again),
    "was not sent": _decide(envelope_was_not_sent),
    "cancel": _cancel,
    "close": lambda _author: outbox_close(),
}


class AnySequence(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 3), st.lists(st.sampled_from(sorted(STEPS)), max_size=20))
    def test_everybody_is_counted_once_and_the_money_adds_up(
        self, numbers_per_email: int, steps: list[str]
    ) -> None:
        author = prepaid_author(numbers_per_email)
        for step in ["submit", "submit personalised", *steps]:
            try:
                STEPS[step](author)
            except (Refused, NotEnoughMoney):
                continue
            finally:
                self.check(author)

    def check(self, author: User) -> None:
        for message in Message.objects.filter(author=author):
            counts = message_counts(message.pk)
            assert sum(counts.values()) == message.recipients_count
            assert counts.get(State.SKIPPED, 0) == Skip.objects.filter(message=message).count()
            self.check_envelopes(message)
            self.check_amounts(message)
        has = balance(organisation_of(author))
        assert has.reserved == held(author, UNSETTLED)
        spent = held(author, [State.ACCEPTED, State.REPLACED])
        assert has.available + has.reserved + spent == MONEY
        assert not sums_verify()

    def check_envelopes(self, message: Message) -> None:
        for envelope in message.envelopes.exclude(state=State.REPLACED):
            left = Recipient.objects.filter(envelope=envelope).count()
            assert envelope.recipients_count == left
            assert (left == 0) == (envelope.state == State.SKIPPED)

    def check_amounts(self, message: Message) -> None:
        """What is told of a message's money is what its envelopes have."""
        told = amounts_of(message, stored_counts([message])[message.pk])
        costs = dict.fromkeys(STORED, Decimal(0)) | dict(
            message.envelopes.values_list("state").order_by().annotate(total=Sum("cost"))
        )
        replaced = costs[State.REPLACED]
        assert told.spent == costs[State.ACCEPTED] + replaced
        assert told.reserved == sum(costs[state] for state in UNSETTLED)
        assert told.spent + told.reserved + told.returned == message.cost + replaced
        self.check_texts(message)

    def check_texts(self, message: Message) -> None:
        segments = dict.fromkeys(FIVE, message.segments)
        if message.is_personalised:
            segments = {phone: count(text).segments for phone, text in TEXTS.items()}
        left = Recipient.objects.filter(message=message)
        for phone, cost, people, text in left.values_list(
            "phone", "envelope__cost", "envelope__recipients_count", "envelope__own__text"
        ):
            assert text == (TEXTS[phone] if message.is_personalised else None)
            assert cost == people * PRICE * segments[phone]
        charged = segments_charged(message, message_counts(message.pk))
        assert charged == sum(segments[phone] for phone in left.values_list("phone", flat=True))


def held(author: User, states: list[State]) -> Decimal:
    envelopes = Envelope.objects.filter(message__author=author, state__in=states)
    return envelopes.aggregate(total=Sum("reserved"))["total"] or Decimal(0)
