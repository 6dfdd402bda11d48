"""A sender name from the question to the first message under it."""

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.browser.conftest import SignIn
from tests.browser.conversations import told
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    SenderNameFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_manager_asks_an_administrator_approves_and_the_name_can_be_used(
    page: Page, phone_page: Page, sign_in: SignIn
) -> None:
    manager: User = MemberFactory(role=Role.MANAGER)
    administrator: User = AdministratorFactory()
    GatewayAccountFactory(organisation=manager.organisation)
    SenderNameFactory(organisation=manager.organisation, value="ULYBKA")
    sign_in(page, manager)
    sign_in(phone_page, administrator)

    page.goto("/sender-names/ask/")
    page.get_by_label("Sender name").fill("SMS Info")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".invalid-feedback")).to_be_visible()
    page.get_by_label("Sender name").fill("NEWNAME")
    page.locator("main form button[type=submit]").click()
    told(page, "You asked for the sender name. An administrator decides.")
    page.goto("/messages/new")
    expect(page.locator("main")).not_to_contain_text("NEWNAME")

    phone_page.goto("/admin/")
    phone_page.get_by_role("link", name="1 sender name to decide on").click()
    phone_page.get_by_role("link", name="NEWNAME").click()
    phone_page.get_by_role("button", name="Approve").click()
    expect(phone_page.get_by_text("NEWNAME is approved.")).to_be_visible()

    page.goto("/messages/new")
    page.get_by_label("Sender name").select_option("NEWNAME")
