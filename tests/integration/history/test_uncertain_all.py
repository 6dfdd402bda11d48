"""Deciding on all uncertain e-mails of a message at once."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, User
from portal.delivery.models import GatewayAccount, Message, State
from portal.delivery.platform import platform_stop
from portal.delivery.selectors import message_counts
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    submit_message,
)
from tests.integration.history.answers import ACCEPTED, UNCERTAIN, answer

SignIn = Callable[[User], Client]
ALL_UNCERTAIN = {State.ACCEPTED: 1, State.UNCERTAIN: 3}


@pytest.fixture
def message(sender: User, organisation: Organisation) -> Message:
    """Of four recipients three are uncertain, in three e-mails."""
    organisation.price_per_segment = Decimal("2.50")
    organisation.save()
    GatewayAccountFactory(organisation=organisation, numbers_per_email=1)
    message = submit_message(sender, *(f"7921000000{n}" for n in range(4)))
    answer(message, ACCEPTED, UNCERTAIN, UNCERTAIN, UNCERTAIN)
    return message


def page_of(client: Client, name: str, message: Message) -> str:
    return client.get(reverse(f"history:{name}", args=[message.pk])).content.decode()


def settle(client: Client, message: Message, **fields: object) -> str:
    url = reverse("history:uncertain_settle", args=[message.pk])
    return client.post(url, fields, follow=True).content.decode()


def test_the_page_of_a_message_leads_to_a_decision_about_all(
    browser_of: SignIn, sender: User, auditor: User, message: Message
) -> None:
    link = reverse("history:uncertain", args=[message.pk])

    assert link in page_of(browser_of(sender), "message", message)
    assert link not in page_of(browser_of(auditor), "message", message)


def test_where_one_e_mail_is_uncertain_its_card_is_enough(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    one = submit_message(sender)
    answer(one, UNCERTAIN)

    link = reverse("history:uncertain", args=[one.pk])
    assert link not in page_of(browser_of(sender), "message", one)
    assert "Was it sent to 1 recipient?" in page_of(browser_of(sender), "uncertain", one)


def test_how_many_recipients_and_what_it_costs_is_shown_first(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    page = page_of(browser_of(sender), "uncertain", message)

    assert "Was it sent to 3 recipients?" in page
    assert "7.50\u00a0₽ more is charged" in page
    assert "Send to 3 recipients again" in page
    assert message_counts(message.pk) == ALL_UNCERTAIN


@pytest.mark.parametrize(
    ("settled_as", "counts", "words"),
    [
        ("accepted", {"accepted": 4}, "Noted for 3 recipients: it was sent."),
        ("rejected", {"accepted": 1, "rejected": 3}, "Noted for 3 recipients: it was not sent."),
        ("replaced", {"accepted": 1, "queued": 3}, "It is on its way again."),
    ],
)
def test_one_press_decides_on_all(
    browser_of: SignIn,
    sender: User,
    message: Message,
    settled_as: str,
    counts: dict[str, int],
    words: str,
) -> None:
    page = settle(browser_of(sender), message, settled_as=settled_as, count=3)

    assert message_counts(message.pk) == counts
    assert words in page


def test_what_is_sent_again_while_all_sending_is_stopped_is_not_said_to_be_on_its_way(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    platform_stop(because="fire", actor=AdministratorFactory())

    page = settle(browser_of(sender), message, settled_as="replaced", count=3)

    assert "goes out when sending goes on" in page


def test_what_has_changed_is_looked_at_again(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    page = settle(browser_of(sender), message, settled_as="accepted", count=2)

    assert "the uncertain ones have changed" in page
    assert "Was it sent to 3 recipients?" in page
    assert message_counts(message.pk) == ALL_UNCERTAIN


@pytest.mark.parametrize(
    "fields",
    [{}, {"settled_as": "accepted"}, {"count": 3}, {"settled_as": "queued", "count": 3}]
    + [{"settled_as": "accepted", "count": count} for count in ("x", "", "-3", "3.5", "9" * 40)],
)
def test_a_form_that_says_nothing_decides_nothing(
    browser_of: SignIn, sender: User, message: Message, fields: dict[str, object]
) -> None:
    page = settle(browser_of(sender), message, **fields)

    assert "Was it sent to 3 recipients?" in page
    assert message_counts(message.pk) == ALL_UNCERTAIN


def test_a_second_decision_leads_back_to_the_message(
    browser_of: SignIn, sender: User, manager: User, message: Message
) -> None:
    settle(browser_of(manager), message, settled_as="accepted", count=3)

    page = settle(browser_of(sender), message, settled_as="rejected", count=3)

    assert "has been decided already" in page
    assert message_counts(message.pk) == {State.ACCEPTED: 4}


def test_nobody_else_decides(
    browser_of: SignIn, organisation: Organisation, auditor: User, message: Message
) -> None:
    url = reverse("history:uncertain_settle", args=[message.pk])
    form = {"settled_as": "accepted", "count": 3}

    assert browser_of(auditor).post(url, form).status_code == 403
    for stranger in (MemberFactory(organisation=organisation), MemberFactory(role="manager")):
        assert browser_of(stranger).post(url, form).status_code == 404
        page = reverse("history:uncertain", args=[message.pk])
        assert browser_of(stranger).get(page).status_code == 404
    assert GatewayAccount.objects.exists()
    assert message_counts(message.pk) == ALL_UNCERTAIN
