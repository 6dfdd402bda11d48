"""What the page of a message says at its top when it did not go as wished."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.delivery.decisions import message_cancel, message_pause
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.uncertain import envelope_was_not_sent
from tests.factories import submit_message
from tests.integration.history.answers import (
    ACCEPTED,
    REJECTED,
    UNCERTAIN,
    Answer,
    answer,
)

SignIn = Callable[[User], Client]
OTHERS = (*REJECTED[:3], "5.1.1 unknown client")


def top_of(client: Client, message: Message) -> str:
    page = client.get(reverse("history:message", args=[message.pk])).content.decode()
    return page.split('id="recipients"')[0]


def answered(author: User, *answers: Answer) -> Message:
    answer(submit_message(author), ACCEPTED)
    GatewayAccount.objects.update(numbers_per_email=1)
    message = submit_message(author, *(f"7921{n:07}" for n in range(len(answers))))
    answer(message, *answers)
    return message


def test_a_message_rejected_wholesale_says_so_with_the_most_frequent_reply(
    browser_of: SignIn, sender: User, auditor: User
) -> None:
    message = answered(sender, REJECTED, OTHERS, OTHERS)

    for member in (sender, auditor):
        top = top_of(browser_of(member), message)
        assert "The operator rejected the message for 3 recipients." in top
        assert "The operator refused the e-mail." in top
        assert "550 5.1.1 unknown client" in top
        assert "5.7.1" not in top
        assert "Tell the administrator" in top
        assert "Not sent: the operator accepted 0 of 3." in top
        assert "Done" not in top


def test_a_few_rejections_are_no_wholesale_one(browser_of: SignIn, sender: User) -> None:
    message = answered(sender, REJECTED, ACCEPTED, ACCEPTED)

    top = top_of(browser_of(sender), message)

    assert "The operator rejected the message" not in top
    assert "Done: the operator accepted 2 of 3." in top


def test_peoples_own_word_is_not_the_operators_rejection(browser_of: SignIn, sender: User) -> None:
    message = answered(sender, UNCERTAIN)
    envelope_was_not_sent(envelope=message.envelopes.get(), actor=sender)

    assert "The operator rejected the message" not in top_of(browser_of(sender), message)


def test_markup_in_the_most_frequent_reply_is_inert(browser_of: SignIn, sender: User) -> None:
    message = answered(sender, (*REJECTED[:3], "<script>alert(1)</script>"))

    assert "<script>alert" not in top_of(browser_of(sender), message)


def test_a_cancelled_message_says_by_whom_and_is_not_done(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    message = submit_message(sender)
    message_cancel(message=message, actor=manager)

    top = top_of(browser_of(sender), message)

    assert "Cancelled: the operator accepted 0 of 1." in top
    assert "Cancelled by Анна on" in top
    assert "Done" not in top


def test_who_cancels_second_reads_that_it_is_cancelled(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    message = submit_message(sender)
    message_cancel(message=message, actor=manager)
    url = reverse("history:cancel", args=[message.pk])

    page = browser_of(sender).post(url, follow=True).content.decode()

    assert "The message is cancelled already." in page
    assert "Cancelled by Анна" in page


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Vladivostok"])
def test_when_it_leaves_and_not_after_stand_among_the_facts(
    browser_of: SignIn, sender: User, auditor: User, zone: str
) -> None:
    organisation = sender.organisation
    assert organisation is not None
    organisation.time_zone = zone
    organisation.save()
    due, end = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=2)
    message = submit_message(sender, due_at=due, expires_at=end)

    for member in (sender, auditor):
        top = top_of(browser_of(member), message)
        assert "Scheduled for" in top
        assert "Not after" in top
        assert top.count(zone) == 2
        assert due.astimezone(organisation.zone).strftime("%H:%M") in top


def test_a_message_sent_at_once_has_no_schedule(browser_of: SignIn, sender: User) -> None:
    top = top_of(browser_of(sender), submit_message(sender))

    assert "Scheduled for" not in top
    assert "Not after" not in top


def test_a_pause_says_that_what_is_late_expires(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender, expires_at=timezone.now() + timedelta(days=1))
    message_pause(message=message, actor=sender)

    assert "What has not left by" in top_of(browser_of(sender), message)
