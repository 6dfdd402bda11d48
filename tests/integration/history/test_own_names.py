"""Authors read the names of their own contacts on their messages; nobody else does."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.delivery.models import Message, Recipient, Skip
from tests.factories import ContactFactory, StopFactory, submit_message

SignIn = Callable[[User], Client]
OWN, STOPPED = "79210000000", "79210000001"
NAME = "Моя Знакомая"


@pytest.fixture
def message(sender: User) -> Message:
    ContactFactory(organisation=sender.organisation, owner=sender, phone=OWN, name=NAME)
    return submit_message(sender, OWN)


def page_of(client: Client, message: Message, **query: str) -> str:
    text: str = client.get(reverse("history:message", args=[message.pk]), query).content.decode()
    return text


def test_an_author_reads_the_name_and_a_manager_does_not(
    browser_of: SignIn, sender: User, manager: User, message: Message
) -> None:
    assert NAME in page_of(browser_of(sender), message)
    assert NAME not in page_of(browser_of(manager), message)


def test_the_name_is_never_kept_with_the_message(message: Message) -> None:
    assert not Recipient.objects.exclude(name="").exists()


def test_an_own_name_goes_before_the_shared_one_as_when_it_was_chosen(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    ContactFactory(organisation=sender.organisation, owner=sender, phone=OWN, name=NAME)
    message = submit_message(sender, OWN)
    message.recipients.update(name="Общее Имя")

    own, theirs = page_of(browser_of(sender), message), page_of(browser_of(manager), message)

    assert NAME in own
    assert "Общее Имя" not in own
    assert "Общее Имя" in theirs


def test_who_was_skipped_has_it_too(browser_of: SignIn, sender: User) -> None:
    ContactFactory(organisation=sender.organisation, owner=sender, phone=STOPPED, name=NAME)
    StopFactory(organisation=sender.organisation, phone=STOPPED)
    message = submit_message(sender, OWN, STOPPED)

    assert NAME in page_of(browser_of(sender), message, state="skipped")
    assert not Skip.objects.exclude(name="").exists()


def test_an_archived_contact_lends_no_name(
    browser_of: SignIn, sender: User, message: Message
) -> None:
    sender.own_contacts.update(archived_at=timezone.now())

    assert NAME not in page_of(browser_of(sender), message)


def test_a_page_asks_for_its_names_once(
    browser_of: SignIn, sender: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(sender)
    message = submit_message(sender, *(f"7931{number:07}" for number in range(60)))

    with django_assert_max_num_queries(40) as captured:
        page_of(client, message)

    names = [query for query in captured.captured_queries if "contacts_contact" in query["sql"]]
    assert len(names) == 1
    assert names[0]["sql"].count("'7931") == 50
