"""Composing and sending without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.delivery.models import Message
from tests.browser.conversations import tab_to
from tests.factories import PASSWORD, GatewayAccountFactory, MemberFactory, SenderNameFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_written_and_sent_by_keyboard_alone(page: Page) -> None:
    member: User = MemberFactory()
    GatewayAccountFactory(organisation=member.organisation)
    SenderNameFactory(organisation=member.organisation)
    keyboard = page.keyboard

    page.goto("/account/login/")
    tab_to(page, "Email")
    keyboard.type(member.email)
    tab_to(page, "Password")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/messages/new"))
    tab_to(page, "Phone numbers")
    keyboard.type("8 (921) 000-00-00")
    tab_to(page, "Text")
    keyboard.type("Добрый день!")
    tab_to(page, "Continue")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    tab_to(page, "Send to 1 recipient")
    keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/history/\d+"))
    assert Message.objects.get().text == "Добрый день!"


def test_the_first_tab_offers_to_skip_the_menu(page: Page) -> None:
    page.goto("/account/login/")

    page.keyboard.press("Tab")
    expect(page.locator("*:focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()
