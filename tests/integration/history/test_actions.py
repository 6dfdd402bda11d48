"""What people decide on the page of a message."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, User
from portal.delivery.models import GatewayAccount, Message, State
from portal.delivery.selectors import message_counts
from tests.factories import MemberFactory, OrganisationFactory, submit_message
from tests.integration.history.answers import ACCEPTED, REJECTED, UNCERTAIN, answer, hold

SignIn = Callable[[User], Client]
DECISIONS = ["was_sent", "was_not_sent", "send_again"]
ON_MESSAGES = ["pause", "resume", "cancel", "release", "resend_send"]


def act(client: Client, name: str, message: Message, **data: object) -> HttpResponse:
    ids = [message.pk]
    if name in DECISIONS:
        ids.append(message.envelopes.order_by("number")[0].pk)
    response = client.post(reverse(f"history:{name}", args=ids), data, follow=True)
    assert isinstance(response, HttpResponse)
    return response


def uncertain_message(author: User) -> Message:
    message = submit_message(author)
    answer(message, UNCERTAIN)
    return message


def rejected_message(author: User, *numbers: str) -> Message:
    message = submit_message(author, *numbers)
    answer(message, REJECTED)
    return message


def test_what_has_not_left_is_cancelled(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender, "79210000000", "79210000001")

    page = act(browser_of(sender), "cancel", message).content.decode()

    assert message_counts(message.pk) == {State.CANCELLED: 2}
    assert "Cancelled for 2 recipients." in page


def test_what_has_left_is_not_cancelled(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    answer(message, ACCEPTED)

    page = act(browser_of(sender), "cancel", message).content.decode()

    assert message_counts(message.pk) == {State.ACCEPTED: 1}
    assert "nothing to cancel" in page


def test_a_manager_releases_what_is_held(browser_of: SignIn, manager: User, sender: User) -> None:
    message = submit_message(sender)
    hold(message)

    act(browser_of(manager), "release", message)

    assert message_counts(message.pk) == {State.QUEUED: 1}


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("was_sent", State.ACCEPTED),
        ("was_not_sent", State.REJECTED),
        ("send_again", State.QUEUED),
    ],
)
def test_the_author_settles_an_uncertain_envelope(
    browser_of: SignIn, sender: User, decision: str, state: State
) -> None:
    message = uncertain_message(sender)

    act(browser_of(sender), decision, message)

    assert message_counts(message.pk) == {state: 1}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_second_decision_is_told_that_it_comes_too_late(
    browser_of: SignIn, sender: User, manager: User, decision: str
) -> None:
    message = uncertain_message(sender)
    act(browser_of(manager), "was_sent", message)

    page = act(browser_of(sender), decision, message).content.decode()

    assert "has been decided already" in page
    assert message_counts(message.pk) == {State.ACCEPTED: 1}


def test_sending_again_shows_count_and_cost_first(
    browser_of: SignIn, manager: User, organisation: Organisation
) -> None:
    organisation.price_per_segment = Decimal("2.50")
    organisation.save()
    message = rejected_message(manager, "79210000000", "79210000001")

    page = browser_of(manager).get(reverse("history:resend", args=[message.pk])).content.decode()

    assert "Send to 2 recipients" in page
    assert "5.00\u00a0₽" in page
    assert Message.objects.count() == 1


def test_the_rejected_alone_are_sent_to_again(browser_of: SignIn, manager: User) -> None:
    submit_message(manager)
    GatewayAccount.objects.update(numbers_per_email=1)
    message = submit_message(manager, "79210000001", "79210000002", text="Второе")
    answer(message, ACCEPTED, ACCEPTED, REJECTED)

    act(browser_of(manager), "resend_send", message, count="1")

    [again] = message.resends.all()
    assert [recipient.phone for recipient in again.recipients.all()] == ["79210000002"]
    assert again.text == "Второе"


def test_two_tabs_that_send_again_make_one_message(browser_of: SignIn, manager: User) -> None:
    message = rejected_message(manager)
    client = browser_of(manager)

    act(client, "resend_send", message, count="1")
    page = act(client, "resend_send", message, count="1").content.decode()

    assert message.resends.count() == 1
    assert "sent to again already" in page
    assert "Send again to the rejected only" not in page


@pytest.mark.parametrize("count", ["1", "3", "", "-2", "٢", "x"])
def test_another_number_than_was_confirmed_is_confirmed_again(
    browser_of: SignIn, manager: User, count: str
) -> None:
    message = rejected_message(manager, "79210000000", "79210000001")

    page = act(browser_of(manager), "resend_send", message, count=count).content.decode()

    assert "the numbers have changed" in page
    assert "Send to 2 recipients" in page
    assert not message.resends.exists()


def test_sending_again_with_nobody_rejected_leads_back(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)

    response = browser_of(manager).get(reverse("history:resend", args=[message.pk]))
    page = act(browser_of(manager), "resend_send", message).content.decode()

    assert response.headers["Location"] == reverse("history:message", args=[message.pk])
    assert "sent to again already" in page
    assert Message.objects.count() == 1


def test_a_revoked_sender_name_is_a_reason_not_to_send_again(
    browser_of: SignIn, manager: User
) -> None:
    message = rejected_message(manager)
    message.sender_name.state = "revoked"
    message.sender_name.save()

    page = act(browser_of(manager), "resend_send", message, count="1").content.decode()

    assert "approved sender names" in page
    assert Message.objects.count() == 1


@pytest.mark.parametrize("name", [*ON_MESSAGES, *DECISIONS])
def test_an_auditor_decides_nothing(
    browser_of: SignIn, manager: User, auditor: User, name: str
) -> None:
    message = uncertain_message(manager)

    assert act(browser_of(auditor), name, message).status_code == 403
    assert message_counts(message.pk) == {State.UNCERTAIN: 1}


def test_a_sender_releases_nothing(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    hold(message)

    assert act(browser_of(sender), "release", message).status_code == 403
    assert message_counts(message.pk) == {State.HELD: 1}


@pytest.mark.parametrize("name", [*ON_MESSAGES, *DECISIONS])
def test_messages_of_others_are_not_found(
    browser_of: SignIn, manager: User, sender: User, name: str
) -> None:
    foreign = uncertain_message(MemberFactory(organisation=OrganisationFactory(), role="manager"))
    colleagues = uncertain_message(manager)

    assert act(browser_of(manager), name, foreign).status_code == 404
    if name != "release":
        assert act(browser_of(sender), name, colleagues).status_code == 404
    for message in (foreign, colleagues):
        assert message_counts(message.pk) == {State.UNCERTAIN: 1}


def test_an_envelope_of_another_message_is_not_found(browser_of: SignIn, manager: User) -> None:
    message = uncertain_message(manager)
    foreign = uncertain_message(MemberFactory(organisation=OrganisationFactory(), role="manager"))

    url = reverse("history:was_sent", args=[message.pk, foreign.envelopes.get().pk])

    assert browser_of(manager).post(url).status_code == 404
    assert message_counts(foreign.pk) == {State.UNCERTAIN: 1}


@pytest.mark.parametrize("name", [*ON_MESSAGES, *DECISIONS])
def test_opening_an_action_by_its_address_changes_nothing(
    browser_of: SignIn, manager: User, name: str
) -> None:
    message = uncertain_message(manager)
    ids = [message.pk, message.envelopes.get().pk] if name in DECISIONS else [message.pk]

    assert browser_of(manager).get(reverse(f"history:{name}", args=ids)).status_code == 405
    assert message_counts(message.pk) == {State.UNCERTAIN: 1}
