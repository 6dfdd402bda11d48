"""Numbers on the stop list are skipped and listed as skipped, with why and when."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Plan, User
from portal.billing.services import Balance, balance, top_up
from portal.contacts.models import StopListEntry
from portal.delivery.models import Message, SkippedBecause, State
from portal.delivery.selectors import message_counts
from portal.delivery.skips import skips_write
from portal.delivery.sweep import outbox_close
from portal.history.pages import RECIPIENTS_PER_PAGE, Page
from tests.factories import AdministratorFactory, StopFactory, submit_message
from tests.integration.history.answers import ACCEPTED, REJECTED, answer, take

SignIn = Callable[[User], Client]
FIRST, STOPPED, LAST = "79210000000", "79210000001", "79210000002"


def page_of(client: Client, message: Message, **query: object) -> str:
    text: str = client.get(reverse("history:message", args=[message.pk]), query).content.decode()
    return text


def status_of(message: Message) -> dict[str, object]:
    out = StringIO()
    call_command("message_status", str(message.pk), "--json", stdout=out)
    status: dict[str, object] = json.loads(out.getvalue())
    return status


@pytest.fixture
def entry(sender: User) -> StopListEntry:
    made: StopListEntry = StopFactory(
        organisation=sender.organisation, phone=STOPPED, reason="Asked us to."
    )
    return made


def test_a_number_that_was_stopped_before_is_listed_with_why_and_when(
    browser_of: SignIn, sender: User, entry: StopListEntry
) -> None:
    message = submit_message(sender, FIRST, STOPPED, LAST)

    assert message_counts(message.pk) == {"queued": 2, "skipped": 1}
    text = page_of(browser_of(sender), message)
    assert "1 recipient was skipped" in text
    assert "+7 921 000-00-01" not in text
    skipped = page_of(browser_of(sender), message, state="skipped")
    assert "+7 921 000-00-01" in skipped
    assert "The number is on the stop list. Asked us to." in skipped
    assert "Skipped at " in skipped
    assert "+7 921 000-00-00" not in skipped


def test_the_status_and_the_list_count_them(
    browser_of: SignIn, sender: User, entry: StopListEntry
) -> None:
    message = submit_message(sender, FIRST, STOPPED, LAST)
    answer(message, ACCEPTED)

    status = status_of(message)

    assert status["state"] == "accepted"
    assert status["counts"] == {"accepted": 2, "skipped": 1}
    assert (status["recipients"], status["segments"]) == (3, 2)
    listed = browser_of(sender).get(reverse("history:messages"), {"state": "skipped"})
    assert f"/history/{message.pk}" in listed.content.decode()
    outbox_close()
    assert status_of(message) == status


def test_who_was_skipped_before_costs_nothing_and_who_is_at_the_claim_is_not_charged(
    sender: User, manager: User, entry: StopListEntry
) -> None:
    organisation = sender.organisation
    assert organisation is not None
    organisation.plan, organisation.price_per_segment = Plan.PREPAID, Decimal(2)
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    message = submit_message(sender, FIRST, STOPPED, LAST)
    assert balance(organisation) == Balance(Decimal(96), Decimal(4))
    StopFactory(organisation=organisation, phone=LAST)

    answer(message, ACCEPTED)

    assert balance(organisation) == Balance(Decimal(98), Decimal(0))
    totals = Page(message, manager, QueryDict()).totals
    assert (totals.spent, totals.returned, totals.reserved) == (2, 2, 0)
    call_command("verify_ledger")


def test_a_replayed_form_finds_its_message_though_the_list_has_changed(
    sender: User, entry: StopListEntry
) -> None:
    fields = {"form_key": "0123456789abcdef0123456789abcdef"}
    message = submit_message(sender, FIRST, STOPPED, **fields)
    entry.delete()
    StopFactory(organisation=sender.organisation, phone=FIRST)

    assert submit_message(sender, FIRST, STOPPED, **fields) == message
    assert Message.objects.count() == 1


def test_a_message_of_which_all_were_stopped_since_lists_them_at_once(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender, FIRST)
    StopFactory(organisation=None, phone=FIRST)

    take(message, 1, now=timezone.now() + timedelta(seconds=1))

    text = page_of(browser_of(sender), message)
    assert "+7 921 000-00-00" in text
    assert "on the portal’s stop list" in text
    assert message_counts(message.pk) == {State.SKIPPED: 1}


def test_many_skipped_are_paged(browser_of: SignIn, sender: User) -> None:
    message = submit_message(sender, FIRST)
    many = [f"7999{number:07}" for number in range(RECIPIENTS_PER_PAGE + 1)]
    skips_write(message, ((phone, "", SkippedBecause.STOP_LIST, "") for phone in many))

    first = page_of(browser_of(sender), message, state="skipped")

    assert first.count("Skipped at ") == RECIPIENTS_PER_PAGE
    assert 'id="recipients-next"' in first
    assert Message.objects.get(pk=message.pk).recipients_count == len(many) + 1


def test_skips_of_others_messages_are_not_found(
    browser_of: SignIn, sender: User, manager: User, entry: StopListEntry
) -> None:
    message = submit_message(manager, FIRST, STOPPED)

    response = browser_of(sender).get(
        reverse("history:message", args=[message.pk]), {"state": "skipped"}
    )

    assert response.status_code == 404


def test_sending_again_says_who_is_stopped_since_and_offers_the_others(
    browser_of: SignIn, sender: User
) -> None:
    message = submit_message(sender, FIRST, STOPPED)
    answer(message, REJECTED)
    StopFactory(organisation=sender.organisation, phone=STOPPED)
    address = reverse("history:resend", args=[message.pk])

    page = browser_of(sender).get(address).content.decode()
    assert "1 rejected number is on the stop list now." in page
    assert "Send to 1 recipient" in page

    StopFactory(organisation=None, phone=FIRST)
    page = browser_of(sender).get(address).content.decode()
    assert "2 rejected numbers are on the stop list now." in page
    assert "Send to" not in page
