"""A message whose recipients have texts of their own, as people see it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import Plan, User
from portal.accounts.rights import Role
from portal.billing.services import balance, top_up
from portal.core.errors import Conflict, Refused
from portal.delivery.models import GatewayAccount, Message, OutboxEntry, State
from portal.delivery.resends import to_resend
from portal.delivery.sweep import outbox_close
from portal.delivery.uncertain import envelope_send_again
from portal.history.pages import Page
from portal.messaging.services import message_resend
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    MemberFactory,
    StopFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, REJECTED, UNCERTAIN, answer, take
from tests.integration.history.test_skipped import status_of
from tests.personalised import TEMPLATE, submit_personalised

SignIn = Callable[[User], Client]
ANNA, PETER, MARIA, IVAN = (f"7921000000{place}" for place in range(4))
LONG = "длинный текст " * 10 + "Ивану"
TEXTS = {ANNA: "Вам, Анна", PETER: "Вам, Пётр", MARIA: "Вам, Мария", IVAN: LONG}


@pytest.fixture
def message(sender: User) -> Message:
    organisation = sender.organisation
    assert organisation is not None
    organisation.plan, organisation.price_per_segment = Plan.PREPAID, Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    return submit_personalised(sender, TEXTS)


def shown(client: Client, message: Message, **query: str) -> str:
    return client.get(reverse("history:message", args=[message.pk]), query).content.decode()


def money_of(message: Message) -> tuple[Decimal, ...]:
    """Spent, returned, reserved: as the page shows it, which the ledger must confirm."""
    message = Message.objects.get(pk=message.pk)
    totals = Page(message, message.author, QueryDict()).totals
    has = balance(message.organisation)
    assert (has.reserved, has.available) == (totals.reserved, 100 - totals.spent - totals.reserved)
    return totals.spent, totals.returned, totals.reserved


def test_it_is_shown_as_written_and_everybody_with_their_own_text(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    page = shown(browser_of(sender), message)

    assert TEMPLATE in page
    assert all(text in page for text in TEXTS.values())
    assert "3 segments" in page
    assert "up to 3 each, 6 in all" in page


def test_its_texts_take_no_queries_of_their_own(
    browser_of: SignIn,
    sender: User,
    message: Message,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    plain = submit_message(sender, *TEXTS)
    client = browser_of(sender)
    with django_assert_max_num_queries(100) as of_plain:
        shown(client, plain)

    with django_assert_max_num_queries(len(of_plain)):
        shown(client, message)


def test_another_organisation_sees_none_of_it(browser_of: SignIn, message: Message) -> None:
    stranger = MemberFactory(role=Role.MANAGER)

    assert (
        browser_of(stranger).get(reverse("history:message", args=[message.pk])).status_code == 404
    )


def test_who_must_decide_sees_the_text_in_question(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    answer(message, ACCEPTED, UNCERTAIN)

    page = shown(browser_of(sender), message, state="accepted")

    assert page.count("Вам, Пётр") == 1
    assert "Вам, Мария" not in page


def test_a_contact_is_shown_what_they_were_sent(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    contact = ContactFactory(organisation=sender.organisation, phone=PETER)

    page = browser_of(sender).get(reverse("history:of_contact", args=[contact.pk]))

    assert "Вам, Пётр" in page.content.decode()


def test_money_goes_by_each_text(message: Message) -> None:
    assert money_of(message) == (0, 0, 15)
    take(message, 1, now=timezone.now())
    assert money_of(message) == (0, 0, 15)


@pytest.mark.parametrize("is_closed", [False, True])
def test_money_goes_by_what_became_of_each(message: Message, is_closed: bool) -> None:
    answer(message, ACCEPTED, REJECTED, UNCERTAIN, ACCEPTED)
    if is_closed:
        outbox_close()

    assert OutboxEntry.objects.exists() != is_closed
    assert money_of(message) == (10, Decimal("2.50"), Decimal("2.50"))


def test_whoever_is_stopped_is_taken_out_at_their_own_price(sender: User, message: Message) -> None:
    StopFactory(organisation=sender.organisation, phone=IVAN)
    answer(message, ACCEPTED, ACCEPTED)
    take(message, 2, now=timezone.now() + timedelta(minutes=1))

    assert money_of(message) == (5, Decimal("7.50"), Decimal("2.50"))
    assert status_of(message)["segments"] == 3


def test_neighbours_of_one_text_leave_only_the_stopped_one_out(sender: User) -> None:
    message = submit_personalised(sender, {ANNA: LONG, PETER: LONG, MARIA: "Вам, Мария"})
    StopFactory(organisation=sender.organisation, phone=ANNA)

    claim = take(message, 9, now=timezone.now())

    assert [(one.numbers, one.text) for one in claim.envelopes] == [
        ((PETER,), LONG),
        ((MARIA,), "Вам, Мария"),
    ]
    assert status_of(message)["segments"] == 4


def test_sent_again_after_doubt_it_is_paid_twice(sender: User, message: Message) -> None:
    answer(message, ACCEPTED, ACCEPTED, ACCEPTED, UNCERTAIN)
    envelope_send_again(envelope=message.envelopes.get(number=4), actor=sender)

    assert money_of(message) == (15, 0, Decimal("7.50"))


def test_the_rejected_are_sent_their_own_texts_again(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    answer(message, ACCEPTED, REJECTED, ACCEPTED, REJECTED)
    page = browser_of(sender).get(reverse("history:resend", args=[message.pk])).content.decode()
    assert "Segments in all" in page

    again = message_resend(message=message, author=sender, confirmed=2)

    assert (again.is_personalised, again.text) == (True, TEMPLATE)
    assert (again.segments, again.segments_in_all, again.cost) == (3, 4, 10)
    claim = take(again, 9, now=timezone.now())
    assert {one.numbers: one.text for one in claim.envelopes} == {
        (PETER,): TEXTS[PETER],
        (IVAN,): LONG,
    }


def test_whoever_was_stopped_since_is_not_sent_to_again(sender: User, message: Message) -> None:
    answer(message, ACCEPTED, REJECTED, ACCEPTED, REJECTED)
    StopFactory(organisation=sender.organisation, phone=IVAN)

    assert to_resend(message).segments_in_all == 1
    again = message_resend(message=message, author=sender, confirmed=1)

    assert again.segments_in_all == 1


def test_who_may_not_send_sends_nothing_again(sender: User, message: Message) -> None:
    answer(message, ACCEPTED, REJECTED, ACCEPTED, REJECTED)
    User.objects.filter(pk=sender.pk).update(role=Role.AUDITOR)
    sender.refresh_from_db()

    with pytest.raises(Refused):
        message_resend(message=message, author=sender, confirmed=2)


def test_what_was_agreed_to_must_still_be_so(sender: User, message: Message) -> None:
    answer(message, ACCEPTED, REJECTED, ACCEPTED, REJECTED)

    with pytest.raises(Conflict):
        message_resend(message=message, author=sender, confirmed=3)


def test_what_waits_for_its_trial_part_says_so_and_may_be_let_go(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    due_at = timezone.now() + timedelta(minutes=10)
    rest = submit_personalised(
        sender, {"79210000009": "Вам"}, due_at=due_at, waits_for_canary=message
    )
    client = browser_of(sender)
    page = shown(client, rest)
    assert "Waits until its trial part is accepted." in page
    assert "Leaves at" in page

    told = client.post(reverse("history:let_go", args=[rest.pk]), follow=True)

    assert "goes out now" in told.content.decode()
    assert OutboxEntry.objects.get(message=rest).held_because == ""
    assert rest.envelopes.get().state == State.QUEUED


def test_a_stranger_lets_nothing_go(browser_of: SignIn, sender: User, message: Message) -> None:
    rest = submit_personalised(sender, {"79210000009": "Вам"}, waits_for_canary=message)
    colleague, stranger = MemberFactory(organisation=sender.organisation), MemberFactory()

    for person in (colleague, stranger):
        answered = browser_of(person).post(reverse("history:let_go", args=[rest.pk]))
        assert answered.status_code == 404
    assert OutboxEntry.objects.get(message=rest).canary == message
    assert GatewayAccount.objects.count() == 1
