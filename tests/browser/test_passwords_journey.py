"""The first sign-in and the forgotten password."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.browser.conversations import choose_password, link_in_last_letter, sign_in_with
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another staple entirely"
HOME = re.compile("/history/$")


def test_a_one_time_password_is_changed_before_anything_else(page: Page) -> None:
    newcomer: User = MemberFactory(role=Role.AUDITOR, must_change_password=True)

    sign_in_with(page, newcomer.email)
    own = page.get_by_role("heading", name="Choose a password of your own")
    expect(own).to_be_visible()
    page.goto("/contacts/")
    expect(own).to_be_visible()
    choose_password(page, "12345678")
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    choose_password(page, NEW)

    expect(page).to_have_url(HOME)
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_the_mailed_link(page: Page) -> None:
    member: User = MemberFactory(role=Role.AUDITOR)

    page.goto("/account/login/")
    page.get_by_role("link", name=re.compile("Forgot")).click()
    page.locator("[name=email]").fill(member.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    link = link_in_last_letter()
    page.goto(link)
    choose_password(page, NEW)
    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()

    sign_in_with(page, member.email, NEW)
    expect(page).to_have_url(HOME)
    page.goto(link)
    expect(page.get_by_role("heading", name="The link no longer works")).to_be_visible()
