"""Picking groups and contacts by mouse, finger and keyboard; what is left in the search."""

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.browser.conftest import SignIn
from tests.factories import (
    ContactFactory,
    GatewayAccountFactory,
    GroupFactory,
    MemberFactory,
    SenderNameFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager(db: None) -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    GatewayAccountFactory(organisation=manager.organisation)
    SenderNameFactory(organisation=manager.organisation, value="ULYBKA")
    group = GroupFactory(organisation=manager.organisation, name="Клиенты")
    group.contacts.add(ContactFactory(organisation=manager.organisation, name="Анна Смирнова"))
    return manager


def expect_clients_picked(page: Page) -> None:
    expect(page.locator("#picked")).to_contain_text("Клиенты")
    expect(page.locator(".outlook-figures dd").first).to_have_text("1")
    expect(page.locator("#id_q")).to_have_value("")
    expect(page.locator("#found")).to_be_empty()


def test_a_group_is_picked_by_mouse(page: Page, sign_in: SignIn, manager: User) -> None:
    sign_in(page, manager)
    page.get_by_label("Contacts and groups").press_sequentially("кл")

    page.locator("#found").get_by_text("Клиенты").click()

    expect_clients_picked(page)


def test_a_press_held_on_a_choice_leaves_the_list_open(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    page.get_by_label("Contacts and groups").press_sequentially("смир")
    choice = page.locator("#found").get_by_text("Анна Смирнова")
    choice.hover()
    page.mouse.down()
    expect(choice).to_be_visible()
    page.mouse.up()

    expect(page.locator("#picked")).to_contain_text("Анна Смирнова")


def test_a_group_is_picked_by_a_tap(phone_page: Page, sign_in: SignIn, manager: User) -> None:
    sign_in(phone_page, manager)
    phone_page.get_by_label("Contacts and groups").tap()

    phone_page.locator("#found").get_by_text("Клиенты").tap()

    expect_clients_picked(phone_page)


def test_a_group_is_picked_by_keyboard(page: Page, sign_in: SignIn, manager: User) -> None:
    sign_in(page, manager)
    page.get_by_label("Contacts and groups").press_sequentially("кл")
    expect(page.locator("#found")).to_contain_text("Клиенты")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")

    expect_clients_picked(page)
    expect(page.get_by_label("Contacts and groups")).to_be_focused()


def test_the_list_closes_when_the_field_is_left_and_opens_when_it_is_asked_for(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    search = page.get_by_label("Contacts and groups")
    search.click()
    expect(page.locator("#found")).to_contain_text("Клиенты")
    page.locator("h1").click()
    expect(page.locator("#found")).to_be_empty()

    search.click()

    expect(page.locator("#found")).to_contain_text("Клиенты")


def test_a_name_left_in_the_search_is_asked_about_and_can_be_picked_then(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    page.get_by_label("Contacts and groups").fill("кл")
    page.get_by_label("Text").fill("Привет")
    page.get_by_role("button", name="Continue").click()
    complaint = page.get_by_text("Nobody was picked for “кл”.")
    expect(complaint).to_be_visible()

    page.locator("#found").get_by_text("Клиенты").click()

    expect_clients_picked(page)
    expect(complaint).to_be_hidden()
    expect(page.locator("#form-errors")).to_have_count(0)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()


def test_a_mended_field_is_no_longer_marked(page: Page, sign_in: SignIn, manager: User) -> None:
    sign_in(page, manager)
    page.get_by_label("Phone numbers").fill("7921123456")
    page.get_by_label("Text").fill("Привет")
    page.get_by_role("button", name="Continue").click()
    marked = page.locator(".is-invalid")
    expect(marked).to_have_count(1)

    page.get_by_label("Phone numbers").fill("79211234567")

    expect(marked).to_have_count(0)
    expect(page.locator(".invalid-feedback:visible")).to_have_count(0)
    expect(page.locator("#form-errors")).to_have_count(0)
