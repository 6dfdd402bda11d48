"""Many contacts at once, by keyboard alone."""

from playwright.sync_api import Page, expect

from portal.contacts.models import Contact, Group
from tests.browser.conftest import Check, SignIn
from tests.factories import ContactFactory, GroupFactory, MemberFactory


def test_contacts_are_chosen_and_added_to_a_group_by_keyboard(
    page: Page, sign_in: SignIn, axe: Check
) -> None:
    member = MemberFactory()
    group: Group = GroupFactory(organisation=member.organisation, name="Клиенты")
    ContactFactory.create_batch(3, organisation=member.organisation)
    sign_in(page, member)
    page.goto("/contacts/")
    axe(page)

    page.locator("[data-all]").focus()
    page.keyboard.press("Space")
    expect(page.locator(".selection-count")).to_contain_text("3")
    page.locator("input[name=chosen]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".selection-count")).to_contain_text("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#kind")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/contacts/bulk/")
    axe(page)
    page.locator("select[name=group]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("main button[type=submit]").press("Enter")

    page.wait_for_url("**/contacts/")
    assert group.contacts.count() == 2


def test_a_filter_is_built_and_looked_at_before_it_is_saved(
    page: Page, sign_in: SignIn, axe: Check
) -> None:
    member = MemberFactory()
    ContactFactory(organisation=member.organisation, name="Анна")
    ContactFactory(organisation=member.organisation, name="Яна")
    sign_in(page, member)
    page.goto("/contacts/groups/filters/add/")
    axe(page)

    page.fill("input[name=name]", "На букву А")
    with page.expect_response("**/filters/add/"):
        page.select_option("select[name=r0-test]", "begins")
    page.fill("input[name=r0-value]", "Ан")
    page.keyboard.press("Tab")
    expect(page.locator("#look")).to_contain_text("Анна")
    page.locator("button[name=add]").press("Enter")
    expect(page.locator("select[name=r1-subject]")).to_be_focused()
    page.locator("button[name=remove]").nth(1).click()
    expect(page.locator(".rule")).to_have_count(1)
    page.click("button[name=save]")

    page.wait_for_url(lambda url: "filters" not in url)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert Group.objects.get().is_filter


def test_all_that_match_are_archived(page: Page, sign_in: SignIn) -> None:
    member = MemberFactory()
    ContactFactory.create_batch(60, organisation=member.organisation, name="Анна")
    ContactFactory(organisation=member.organisation, name="Яна")
    sign_in(page, member)
    page.goto("/contacts/")

    page.fill("#q", "анн")
    page.wait_for_selector("input[name=listed][value^='q=']", state="attached")
    page.check("input[name=everything]")
    expect(page.locator("input[name=chosen]:checked")).to_have_count(50)
    page.select_option("#kind", "archive")
    page.click(".selection-bar button")
    expect(page.locator("h1")).to_contain_text("60")
    page.click("main button[type=submit]")

    page.wait_for_url("**/contacts/?**")
    assert [contact.name for contact in Contact.objects.in_use()] == ["Яна"]


def test_the_bar_comes_into_sight_with_the_first_ticked_box(
    page: Page, phone_page: Page, sign_in: SignIn
) -> None:
    member = MemberFactory()
    ContactFactory.create_batch(60, organisation=member.organisation)
    for screen in (page, phone_page):
        sign_in(screen, member)
        screen.goto("/contacts/")

        expect(screen.locator(".selection-bar")).not_to_be_in_viewport()
        screen.locator("input[name=chosen]").first.check()
        expect(screen.locator(".selection-bar")).to_be_in_viewport(ratio=1)
        expect(screen.locator(".selection-count")).to_have_text("Chosen: 1")


def test_one_left_out_of_all_that_match_is_left_out(page: Page, sign_in: SignIn) -> None:
    member = MemberFactory()
    ContactFactory.create_batch(3, organisation=member.organisation)
    sign_in(page, member)
    page.goto("/contacts/")

    page.check("input[name=everything]")
    page.locator("input[name=chosen]").first.uncheck()

    expect(page.locator("input[name=everything]")).not_to_be_checked()
    expect(page.locator(".selection-count")).to_have_text("Chosen: 2")
