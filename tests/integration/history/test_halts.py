"""Pausing and resuming on the page of a message, and why nothing leaves."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.delivery.decisions import message_cancel, message_pause, message_release
from portal.delivery.gateways import gateway_pause
from portal.delivery.models import GatewayAccount, HeldBecause, Message, OutboxEntry, State
from portal.delivery.platform import platform_resume, platform_stop
from portal.delivery.selectors import message_counts
from tests.factories import AdministratorFactory, submit_message
from tests.integration.history.answers import ACCEPTED, BUSY, answer, hand_over, hold

SignIn = Callable[[User], Client]


def page_of(client: Client, message: Message) -> str:
    return client.get(reverse("history:message", args=[message.pk])).content.decode()


def press(client: Client, name: str, message: Message) -> str:
    url = reverse(f"history:{name}", args=[message.pk])
    return client.post(url, follow=True).content.decode()


def test_a_message_is_paused_and_resumed(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender, "79210000000", "79210000001")
    client = browser_of(sender)
    assert "what has left stays sent" in page_of(client, message)

    page = press(client, "pause", message)

    assert "What has not left waits until you resume it." in page
    assert "Paused by Пётр" in page
    assert "2 recipients wait" in page
    assert OutboxEntry.objects.get().paused_by == sender

    page = press(client, "resume", message)

    assert "The message goes on." in page
    assert "Paused by" not in page
    assert not OutboxEntry.objects.get().paused_at


@pytest.mark.parametrize("stops_all", [True, False])
def test_a_message_that_is_resumed_while_sending_is_stopped_is_not_said_to_go_on(
    browser_of: SignIn, sender: User, stops_all: bool
) -> None:
    message = submit_message(sender)
    message_pause(message=message, actor=sender)
    administrator = AdministratorFactory()
    if stops_all:
        platform_stop(because="fire", actor=administrator)
    else:
        account = GatewayAccount.objects.get()
        gateway_pause(account=account, reason="contract", actor=administrator)

    page = press(browser_of(sender), "resume", message)

    assert "It goes on when sending does." in page
    assert "The message goes on." not in page


def test_who_writes_a_message_is_told_that_all_sending_is_stopped(
    browser_of: SignIn, sender: User
) -> None:
    submit_message(sender)
    platform_stop(because="fire", actor=AdministratorFactory())

    page = browser_of(sender).get(reverse("messaging:compose")).content.decode()

    assert "Sending is stopped by the administrator:</strong> fire" in page


def test_a_second_press_is_told_so(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    client = browser_of(sender)
    press(client, "pause", message)
    assert "The message is paused already." in press(client, "pause", message)

    press(client, "resume", message)
    assert "The message is not paused." in press(client, "resume", message)


def test_a_paused_message_has_its_own_word_in_list_and_filter(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender)
    submit_message(sender)
    message_pause(message=message, actor=sender)
    client, url = browser_of(sender), reverse("history:messages")

    rows = client.get(url).context["rows"]
    assert [row.badge.words for row in rows] == ["queued", "paused"]
    found = client.get(url, {"state": "paused"}).context["rows"]
    assert [row.message for row in found] == [message]


def test_a_pause_is_news_to_the_page(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    client = browser_of(sender)
    url = reverse("history:progress", args=[message.pk])
    seen = client.get(reverse("history:message", args=[message.pk])).context["page"].fingerprint
    assert client.get(url, {"seen": seen}).status_code == 204

    message_pause(message=message, actor=sender)
    news = client.get(url, {"seen": seen})

    assert news.status_code == 200
    for part in ("Paused by Пётр", "paused</span>", reverse("history:resume", args=[message.pk])):
        assert part in news.content.decode()


def test_an_open_page_of_a_held_message_learns_of_its_release(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    message = submit_message(sender)
    hold(message)
    client = browser_of(sender)
    url = reverse("history:progress", args=[message.pk])
    first = client.get(reverse("history:message", args=[message.pk]))
    assert "every 5s" in first.content.decode()
    seen = first.context["page"].fingerprint
    assert client.get(url, {"seen": seen}).status_code == 204

    message_release(message=message, actor=manager)
    news = client.get(url, {"seen": seen})

    assert news.status_code == 200
    assert "queued</span>" in news.content.decode()


def test_why_a_message_is_held_is_told_to_author_and_manager(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    message = submit_message(sender)
    hold(message, HeldBecause.SENDER_NOT_APPROVED)

    for member in (sender, manager):
        top = page_of(browser_of(member), message).split('id="recipients"')[0]
        assert "held: its sender name is no longer approved" in top


def test_a_held_message_is_not_paused(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    hold(message)

    page = press(browser_of(sender), "pause", message)

    assert "The message is held; nothing of it leaves." in page
    assert not OutboxEntry.objects.get().paused_at


def test_what_is_released_while_it_is_paused_stays_paused_and_says_so(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    message = submit_message(sender)
    message_pause(message=message, actor=sender)
    hold(message)

    page = press(browser_of(manager), "release", message)

    assert "It is paused still" in page
    assert "paused</span>" in page
    assert reverse("history:resume", args=[message.pk]) in page
    press(browser_of(manager), "resume", message)
    assert message_counts(message.pk) == {State.QUEUED: 1}


def test_only_what_can_be_done_has_a_button(
    browser_of: SignIn, sender: User, manager: User, auditor: User
) -> None:
    def buttons(member: User, message: Message) -> set[str]:
        page = page_of(browser_of(member), message)
        names = ("pause", "resume", "cancel", "release")
        return {name for name in names if reverse(f"history:{name}", args=[message.pk]) in page}

    message = submit_message(sender)
    assert buttons(sender, message) == buttons(manager, message) == {"pause", "cancel"}
    assert buttons(auditor, message) == set()
    message_pause(message=message, actor=manager)
    assert buttons(sender, message) == {"resume", "cancel"}
    hold(message)
    assert buttons(sender, message) == {"cancel"}
    assert buttons(manager, message) == {"cancel", "release"}
    message_cancel(message=message, actor=sender)
    assert buttons(manager, message) == set()


def test_what_was_put_off_after_a_cancel_is_no_pause(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    GatewayAccount.objects.update(numbers_per_email=1)
    message = submit_message(sender, "79210000000", "79210000001")
    Message.objects.exclude(pk=message.pk).update(due_at=timezone.now() + timedelta(days=1))
    OutboxEntry.objects.exclude(pk=message.pk).update(due_at=timezone.now() + timedelta(days=1))
    hand_over(message, 1, now=timezone.now())
    message_cancel(message=message, actor=sender)
    message.envelopes.filter(state="transmitting").update(state="queued", token=None)

    page = page_of(browser_of(sender), message)

    assert "Paused by" not in page
    assert reverse("history:pause", args=[message.pk]) not in page
    assert reverse("history:cancel", args=[message.pk]) not in page


def test_a_paused_try_is_not_announced(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender)
    answer(message, BUSY)
    message_pause(message=message, actor=sender)

    page = page_of(browser_of(sender), message)

    assert "Next try at" not in page
    assert "asked to come later" in page


def test_a_paused_scheduled_message_does_not_say_when_it_leaves(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender, due_at=timezone.now() + timedelta(days=1))
    message_pause(message=message, actor=sender)

    assert "Leaves at" not in page_of(browser_of(sender), message)


def test_while_all_sending_is_stopped_members_see_why(
    browser_of: SignIn, sender: User, auditor: User
) -> None:
    message = submit_message(sender)
    administrator = AdministratorFactory()
    platform_stop(because="The operator moves", actor=administrator)
    pages = [page_of(browser_of(one), message) for one in (sender, auditor)]
    pages += [
        browser_of(one).get(reverse("history:messages")).content.decode()
        for one in (sender, auditor)
    ]

    for page in pages:
        assert "Sending is stopped by the administrator:</strong> The operator moves" in page
        assert "Messages wait in the queue and are not lost." in page

    platform_resume(actor=administrator)
    assert "Sending is stopped" not in page_of(browser_of(sender), message)


def test_the_compose_page_says_so_too(browser_of: SignIn, sender: User) -> None:
    submit_message(sender)
    platform_stop(because="The operator moves", actor=AdministratorFactory())

    page = browser_of(sender).get(reverse("messaging:compose")).content.decode()

    assert "The operator moves" in page


def test_an_account_that_is_put_off_says_that_it_goes_on_slower(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender)
    GatewayAccount.objects.update(last_failure="rcpt: 451 4.7.1 greylisted")
    client = browser_of(sender)

    page = page_of(client, message)

    assert "sending goes on slower" in page
    assert "rcpt: 451 4.7.1 greylisted" in page
    assert "slower" not in client.get(reverse("history:messages")).content.decode()
    answer(message, ACCEPTED)
    assert "slower" not in page_of(client, message)


def test_an_account_paused_for_rejections_in_a_row_says_so(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender)
    GatewayAccount.objects.update(paused_reason="dot: 554 5.7.1 wrong password")

    page = page_of(browser_of(sender), message)

    assert "The operator rejected many e-mails in a row." in page
    assert "554 5.7.1 wrong password" in page


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_a_decision_needs_its_sites_own_form(browser_of: SignIn, sender: User, name: str) -> None:
    message = submit_message(sender)
    client = browser_of(sender)
    client.handler.enforce_csrf_checks = True

    assert client.post(reverse(f"history:{name}", args=[message.pk])).status_code == 403
