"""Money of messages that were under way while the organisation's plan was switched."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.accounts.models import Organisation, Plan, User
from portal.billing.services import Balance, NotEnoughMoney, balance, top_up
from portal.core.errors import Conflict
from portal.delivery import decisions, uncertain
from portal.delivery.models import UNDER_WAY, Envelope, Message, State
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)

PRICE = Decimal("2.50")
UNSETTLED = [*UNDER_WAY, State.UNCERTAIN]


def author_on(plan: Plan) -> User:
    organisation = OrganisationFactory(plan=plan, price_per_segment=PRICE)
    GatewayAccountFactory(organisation=organisation, numbers_per_email=1)
    return MemberFactory(organisation=organisation)


def organisation_of(author: User) -> Organisation:
    assert author.organisation is not None
    return author.organisation


def switch(author: User, plan: Plan) -> None:
    organisation = organisation_of(author)
    organisation.plan = plan
    organisation.save()


def add_money(author: User, amount: int) -> None:
    top_up(
        organisation=organisation_of(author), amount=Decimal(amount), actor=AdministratorFactory()
    )


def made_uncertain(message: Message) -> Envelope:
    envelope = message.envelopes.filter(state=State.QUEUED).order_by("number")[0]
    Envelope.objects.filter(pk=envelope.pk).update(state=State.UNCERTAIN, retry_at=None)
    return envelope


@pytest.mark.django_db
def test_messages_of_the_unlimited_plan_bring_no_money_to_the_prepaid_one() -> None:
    author = author_on(Plan.UNLIMITED)
    message = submit_message(author, "79210000000", "79210000001", "79210000002")
    switch(author, Plan.PREPAID)
    add_money(author, 10)

    uncertain.envelope_send_again(envelope=made_uncertain(message), actor=author)
    assert balance(organisation_of(author)) == Balance(Decimal("7.50"), Decimal("2.50"))
    decisions.message_cancel(message=message, actor=author)

    assert balance(organisation_of(author)) == Balance(Decimal(10), Decimal(0))


@pytest.mark.django_db
def test_an_envelope_sent_again_after_a_switch_to_unlimited_gives_no_money_back() -> None:
    author = author_on(Plan.PREPAID)
    add_money(author, 10)
    message = submit_message(author)
    switch(author, Plan.UNLIMITED)

    uncertain.envelope_send_again(envelope=made_uncertain(message), actor=author)
    decisions.message_cancel(message=message, actor=author)

    assert balance(organisation_of(author)) == Balance(Decimal("7.50"), Decimal(0))


class AnySequence(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from(Plan),
        st.lists(
            st.sampled_from(
                ["submit", "switch", "lose", "send_again", "was_sent", "was_not_sent", "cancel"]
            ),
            max_size=25,
        ),
    )
    def test_reserved_is_what_unsettled_envelopes_hold_and_no_money_appears(
        self, plan: Plan, steps: list[str]
    ) -> None:
        author = author_on(plan)
        add_money(author, 20)

        for step in steps:
            try:
                STEPS[step](author)
            except (Conflict, NotEnoughMoney):
                continue
            finally:
                self.check(author)

    def check(self, author: User) -> None:
        has = balance(organisation_of(author))
        assert has.reserved == reserved_for(author, UNSETTLED)
        spent = reserved_for(author, [State.ACCEPTED, State.REPLACED])
        assert has.available + has.reserved + spent == 20
        assert has.available >= 0


def reserved_for(author: User, states: list[State]) -> Decimal:
    held = Envelope.objects.filter(message__organisation=organisation_of(author), state__in=states)
    return held.aggregate(total=Sum("reserved"))["total"] or Decimal(0)


def _switch_over(author: User) -> None:
    is_prepaid = organisation_of(author).is_prepaid
    switch(author, Plan.UNLIMITED if is_prepaid else Plan.PREPAID)


def _lose_an_answer(author: User) -> None:
    queued = Envelope.objects.filter(message__author=author, state=State.QUEUED).order_by("id")
    if envelope := queued.first():
        Envelope.objects.filter(pk=envelope.pk).update(state=State.UNCERTAIN, retry_at=None)


def _decide(decision: Callable[..., object]) -> Callable[[User], None]:
    def decide(author: User) -> None:
        uncertain = Envelope.objects.filter(message__author=author, state=State.UNCERTAIN)
        if envelope := uncertain.order_by("id").first():
            decision(envelope=envelope, actor=author)

    return decide


def _cancel(author: User) -> None:
    if message := Message.objects.filter(author=author).order_by("-id").first():
        decisions.message_cancel(message=message, actor=author)


STEPS: dict[str, Callable[[User], object]] = {
    "submit": lambda author: submit_message(author, "79210000000", "79210000001"),
    "switch": _switch_over,
    "lose": _lose_an_answer,
    "send_again": _decide(uncertain.envelope_send_again),
    "was_sent": _decide(uncertain.envelope_was_sent),
    "was_not_sent": _decide(uncertain.envelope_was_not_sent),
    "cancel": _cancel,
}
