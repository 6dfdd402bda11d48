"""A template is written with the buttons, seen as its recipients will, and kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.messaging.models import Template
from tests.browser.conftest import SignIn
from tests.factories import ContactFieldFactory, MemberFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_button_puts_its_placeholder_where_the_caret_is(page: Page, sign_in: SignIn) -> None:
    member = MemberFactory()
    ContactFieldFactory(organisation=member.organisation, name="Сумма", kind="number")
    sign_in(page, member)
    page.goto("/templates/add/")
    page.get_by_role("textbox", name="Name").fill("Долг")
    text = page.get_by_role("textbox", name="Text")
    text.fill("Здравствуйте, ! Ваш долг:")
    for _ in range(len("! Ваш долг:")):
        text.press("ArrowLeft")

    page.get_by_role("button", name="name", exact=True).click()
    expect(text).to_be_focused()
    text.press("End")
    text.press_sequentially(" ")
    page.get_by_role("button", name="Сумма").click()

    expect(text).to_have_value("Здравствуйте, {name}! Ваш долг: {Сумма}")
    expect(page.locator(".sms-text")).to_have_text("Здравствуйте, Anna! Ваш долг: 1234,5")
    text.press("Control+z")
    expect(text).to_have_value(re.compile(r"Здравствуйте, \{name\}! Ваш долг: ?"))

    page.get_by_role("button", name="Add the template").click()
    expect(page.get_by_role("heading", name="Долг")).to_be_visible()
    kept = Template.objects.get()
    expect(page.get_by_role("link", name="Use")).to_have_attribute(
        "href", f"/messages/new?template={kept.pk}"
    )
