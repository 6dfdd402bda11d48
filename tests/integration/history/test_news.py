"""What an open page of a message asks for while the message is under way."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.delivery.decisions import message_pause
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.uncertain import envelope_was_sent
from portal.history.pages import MOST_DECISIONS
from tests.factories import submit_message
from tests.integration.history.answers import ACCEPTED, REJECTED, UNCERTAIN, answer

SignIn = Callable[[User], Client]


def one_by_one(author: User, count: int) -> Message:
    """A message of so many e-mails, the first that is due."""
    early = submit_message(author)
    answer(early, ACCEPTED)
    GatewayAccount.objects.update(numbers_per_email=1)
    return submit_message(author, *(f"7921{number:07}" for number in range(count)))


def news_of(client: Client, message: Message, **seen: object) -> str:
    return client.get(reverse("history:progress", args=[message.pk]), seen).content.decode()


def test_actions_that_stay_possible_are_left_alone(browser_of: SignIn, manager: User) -> None:
    message = one_by_one(manager, 3)
    client = browser_of(manager)
    answer(message, ACCEPTED, REJECTED)

    news = news_of(client, message, can=["pause", "cancel"])

    assert "accepted 1 of 3" in news
    assert 'id="action-resend"' in news
    for untouched in ("pause", "cancel", "resume", "release"):
        assert f'id="action-{untouched}"' not in news


def test_an_action_that_is_possible_no_more_goes(browser_of: SignIn, manager: User) -> None:
    message = one_by_one(manager, 3)
    message_pause(message=message, actor=manager)

    news = news_of(browser_of(manager), message, can=["pause", "cancel"])

    assert 'id="action-pause" class="action-slot" hx-swap-oob="true" hidden' in news
    assert reverse("history:resume", args=[message.pk]) in news
    assert 'id="action-cancel"' not in news


def test_uncertain_cards_come_and_go_one_by_one(browser_of: SignIn, manager: User) -> None:
    message = one_by_one(manager, 4)
    client = browser_of(manager)
    answer(message, UNCERTAIN, UNCERTAIN, UNCERTAIN)
    decided, open_one, new = message.envelopes.filter(state="uncertain").order_by("number")
    envelope_was_sent(envelope=decided, actor=manager)

    news = news_of(client, message, card=[decided.pk, open_one.pk])

    assert f'<div id="card-{decided.pk}" hx-swap-oob="delete">' in news
    assert f'id="card-{open_one.pk}"' not in news
    assert f'<section class="panel decision" id="card-{new.pk}"' in news


def test_a_card_that_is_shown_stays_whatever_else_turns_uncertain(
    browser_of: SignIn, manager: User
) -> None:
    message = one_by_one(manager, MOST_DECISIONS + 2)
    answer(message, *[UNCERTAIN] * (MOST_DECISIONS + 1))
    last = message.envelopes.filter(state="uncertain").order_by("-number")[0]

    news = news_of(browser_of(manager), message, card=last.pk)

    assert f'id="card-{last.pk}"' not in news
    assert news.count('<section class="panel decision"') == MOST_DECISIONS - 1


def test_cards_of_nobody_are_asked_for_in_vain(browser_of: SignIn, manager: User) -> None:
    message = one_by_one(manager, 1)

    news = news_of(browser_of(manager), message, card=["x", "9" * 30, "-1"], can="<b>")

    assert "<b>" not in news
    assert "panel decision" not in news


def test_the_recipients_filter_is_replaced_where_its_choices_changed(
    browser_of: SignIn, manager: User
) -> None:
    message = one_by_one(manager, 2)
    client = browser_of(manager)
    url = reverse("history:message", args=[message.pk])
    shown = client.get(url).context["page"].choices_key

    assert 'id="recipients-filter"' not in news_of(client, message, choices=shown)
    answer(message, ACCEPTED)
    assert 'id="recipients-filter"' in news_of(client, message, choices=shown)
