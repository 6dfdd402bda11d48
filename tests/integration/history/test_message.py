"""The page of one message."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Organisation, Plan, User
from portal.billing.services import top_up
from portal.delivery.models import GatewayAccount, Message
from portal.history.pages import RECIPIENTS_PER_PAGE
from tests.factories import (
    AdministratorFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, BUSY, REJECTED, UNCERTAIN, answer, hold

SignIn = Callable[[User], Client]


def page_of(client: Client, message: Message, **query: object) -> str:
    response = client.get(reverse("history:message", args=[message.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def progress_of(client: Client, message: Message, seen: str) -> HttpResponse:
    response = client.get(reverse("history:progress", args=[message.pk]), {"seen": seen})
    assert isinstance(response, HttpResponse)
    return response


def numbers(count: int) -> list[str]:
    return [f"7921{number:07}" for number in range(count)]


def per_email(message_author: User, count: int) -> None:
    GatewayAccount.objects.filter(organisation=message_author.organisation).update(
        numbers_per_email=count
    )


def test_a_message_is_shown_to_its_author_and_to_who_sees_all(
    browser_of: SignIn, manager: User, sender: User, auditor: User
) -> None:
    message = submit_message(sender, text="Добрый день")

    for member in (sender, manager, auditor):
        assert "Добрый день" in page_of(browser_of(member), message)


def test_a_message_of_others_is_not_found(browser_of: SignIn, manager: User, sender: User) -> None:
    colleagues = submit_message(manager)
    foreign = submit_message(MemberFactory(organisation=OrganisationFactory(), role="manager"))

    for name in ("message", "progress", "resend"):
        for member, hidden in ((sender, colleagues), (manager, foreign)):
            url = reverse(f"history:{name}", args=[hidden.pk])
            assert browser_of(member).get(url).status_code == 404
    assert browser_of(manager).get("/history/" + "9" * 30).status_code == 404


def test_states_are_told_in_words_and_never_as_delivered(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    answer(message, ACCEPTED)

    page = page_of(browser_of(manager), message)

    assert "Done: the operator accepted 1 of 1." in page
    assert "delivered" not in page


def test_a_rejection_is_told_in_plain_words_and_in_the_operators_own(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    answer(message, REJECTED)

    page = page_of(browser_of(manager), message)

    assert "The operator refused the e-mail." in page
    assert "550 5.7.1 sender not registered" in page


def test_after_a_failed_try_the_next_one_is_announced(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    answer(message, BUSY)

    page = page_of(browser_of(manager), message)

    assert "asked to come later" in page
    assert "Next try at" in page


def test_a_scheduled_message_says_when_it_leaves(browser_of: SignIn, manager: User) -> None:
    later = timezone.now() + timedelta(days=1)
    message = submit_message(manager, due_at=later)

    assert "Leaves at" in page_of(browser_of(manager), message)


def test_a_held_message_says_why(browser_of: SignIn, manager: User, sender: User) -> None:
    message = submit_message(sender)
    hold(message)

    page = page_of(browser_of(manager), message)

    assert "its author may no longer send" in page
    assert "Release what is held" in page


def test_a_paused_account_is_the_stated_reason_for_waiting(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    GatewayAccount.objects.update(paused_reason="auth: 535 5.7.8 bad credentials")

    page = page_of(browser_of(manager), message)

    assert "Sending is paused." in page
    assert "did not accept the account" in page
    assert "auth: 535 5.7.8 bad credentials" in page


def test_an_administrators_reason_for_a_pause_is_shown_as_such(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    GatewayAccount.objects.update(paused_reason="Contract is renewed on Monday")

    page = page_of(browser_of(manager), message)

    assert "The administrator has paused sending:" in page
    assert "Contract is renewed on Monday" in page
    assert "server's own words" not in page


def test_an_account_that_backs_off_says_until_when(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    GatewayAccount.objects.update(
        not_before=timezone.now() + timedelta(minutes=5),
        last_failure="connect: connection refused",
    )

    page = page_of(browser_of(manager), message)

    assert "does not take connections now" in page
    assert "the next try is at" in page


def test_a_finished_message_has_no_use_for_the_accounts_troubles(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    answer(message, ACCEPTED)
    GatewayAccount.objects.update(paused_reason="auth: 535 no")

    assert "Sending is paused" not in page_of(browser_of(manager), message)


def test_an_uncertain_envelope_shows_all_that_helps_to_decide(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager, *numbers(2))
    answer(message, UNCERTAIN)
    GatewayAccount.objects.update(cabinet_url="https://cabinet.example.com/")
    envelope = message.envelopes.get()

    page = page_of(browser_of(manager), message)

    assert "Was it sent to 2 recipients?" in page
    assert envelope.message_id_header.strip("<>") in page
    assert "connection closed" in page
    assert 'href="https://cabinet.example.com/"' in page
    for choice in ("It was sent", "It was not sent", "Send again (may be a second charge)"):
        assert choice in page


def test_an_auditor_sees_an_uncertain_envelope_without_the_choices(
    browser_of: SignIn, manager: User, auditor: User
) -> None:
    message = submit_message(manager)
    answer(message, UNCERTAIN)

    page = page_of(browser_of(auditor), message)

    assert "Was it sent" in page
    assert "It was not sent" not in page
    assert 'method="post"' not in page.split("<main")[1]


def test_recipients_are_filtered_by_state(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    per_email(manager, 1)
    message = submit_message(manager, "79210000001", "79210000002", text="Второе")
    answer(message, ACCEPTED, ACCEPTED, REJECTED)

    page = page_of(browser_of(manager), message, state="rejected")

    table = page.split('id="recipients"')[1]
    assert "+7 921 000-00-02" in table
    assert "+7 921 000-00-01" not in table


def test_recipients_of_a_held_message_are_found_as_held(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    hold(message)
    client, url = browser_of(manager), reverse("history:message", args=[message.pk])

    def found(state: str) -> int:
        return len(client.get(url, {"state": state}).context["page"].rows)

    assert {state: found(state) for state in ("held", "queued", "accepted", "x")} == {
        "held": 1,
        "queued": 0,
        "accepted": 0,
        "x": 1,
    }


def test_every_recipient_is_on_exactly_one_page(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager, *numbers(RECIPIENTS_PER_PAGE + 5))
    client = browser_of(manager)
    url = reverse("history:message", args=[message.pk])

    first = client.get(url).context["page"].listed
    second = client.get(url, {"cursor": first.next_cursor}).context["page"].listed

    seen = [recipient.phone for recipient in [*first.items, *second.items]]
    assert seen == numbers(RECIPIENTS_PER_PAGE + 5)


def test_money_is_told_by_where_it_went(
    browser_of: SignIn, manager: User, organisation: Organisation
) -> None:
    organisation.plan, organisation.price_per_segment = Plan.PREPAID, Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    submit_message(manager)
    per_email(manager, 1)
    message = submit_message(manager, *numbers(4), text="Второе")
    answer(message, ACCEPTED, ACCEPTED, REJECTED, UNCERTAIN)

    totals = (
        browser_of(manager)
        .get(reverse("history:message", args=[message.pk]))
        .context["page"]
        .totals
    )

    assert (totals.spent, totals.returned, totals.reserved) == (
        Decimal("2.5"),
        Decimal("2.5"),
        Decimal("5.0"),
    )


def test_progress_without_news_is_empty(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    client = browser_of(manager)
    seen = client.get(reverse("history:message", args=[message.pk])).context["page"].fingerprint

    assert progress_of(client, message, seen=seen).status_code == 204
    GatewayAccount.objects.update(paused_reason="auth: 535 no")
    assert progress_of(client, message, seen=seen).status_code == 200


def test_progress_ends_with_the_last_answer(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    client = browser_of(manager)
    answer(message, UNCERTAIN)

    news = progress_of(client, message, seen="")

    assert news.status_code == 286
    assert "Was it sent to 1 recipient?" in news.content.decode()
    assert "every 2s" not in page_of(client, message)


def test_markup_in_the_operators_reply_is_inert(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    verdict, phase, code, _reply = REJECTED
    answer(message, (verdict, phase, code, "<script>alert(1)</script>"))

    assert "<script>alert" not in page_of(browser_of(manager), message)


@pytest.mark.parametrize("count", [1, 150])
def test_the_page_costs_the_same_queries_for_any_number_of_recipients(
    browser_of: SignIn,
    manager: User,
    count: int,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    submit_message(manager)
    per_email(manager, 1)
    message = submit_message(manager, *numbers(count), text="Второе")
    answer(message, ACCEPTED, *[UNCERTAIN] * min(count, 20))
    client = browser_of(manager)

    # One of them is the menu's: how many mailings wait for this manager's word.
    with django_assert_max_num_queries(15):
        page_of(client, message)
    with django_assert_max_num_queries(15):
        progress_of(client, message, seen="")
