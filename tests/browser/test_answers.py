"""An answer that comes late takes nothing away from who has gone on meanwhile."""

import pytest
from playwright.sync_api import Page, Route, expect

from portal.accounts.models import User
from portal.contacts.models import Group
from portal.contacts.models.imports import Import
from tests.browser.conftest import SignIn
from tests.factories import ContactFactory, MemberFactory, import_made

BUILDER = "/contacts/groups/filters/add/"


class Held:
    """Answers that wait until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self._address = page, address
        self._routes: list[Route] | None = []
        page.route(address, self._take)

    def _take(self, route: Route) -> None:
        if self._routes is None:
            route.continue_()
        else:
            self._routes.append(route)

    def let_go(self) -> None:
        routes, self._routes = self._routes or [], None
        with self._page.expect_response(self._address):
            for route in routes:
                route.continue_()


@pytest.fixture
def member(transactional_db: None) -> User:
    one: User = MemberFactory()
    ContactFactory(organisation=one.organisation, name="Анна")
    ContactFactory(organisation=one.organisation, name="Яна")
    return one


def test_what_is_typed_before_an_answer_comes_stays(
    page: Page, member: User, sign_in: SignIn
) -> None:
    sign_in(page, member)
    page.goto(BUILDER)
    held = Held(page, f"**{BUILDER}")
    with page.expect_request(f"**{BUILDER}"):
        page.select_option("select[name=r0-test]", "begins")

    page.fill("input[name=name]", "На букву А")
    page.fill("input[name=r0-value]", "Ан")
    held.let_go()

    expect(page.locator("#look")).to_contain_text("Анна")
    expect(page.locator("input[name=name]")).to_have_value("На букву А")
    expect(page.locator("input[name=r0-value]")).to_have_value("Ан")
    expect(page.locator("input[name=r0-value]")).to_be_focused()


def test_a_rule_is_added_by_a_press_that_ends_the_typing(
    page: Page, member: User, sign_in: SignIn
) -> None:
    sign_in(page, member)
    page.goto(BUILDER)
    held = Held(page, f"**{BUILDER}")
    page.fill("input[name=r0-value]", "Анна")

    with page.expect_request(f"**{BUILDER}"):
        page.click("button[name=add]")
    page.fill("input[name=name]", "Анны")
    held.let_go()

    expect(page.locator(".rule")).to_have_count(2)
    expect(page.locator("input[name=name]")).to_have_value("Анны")
    expect(page.locator("input[name=r0-value]")).to_have_value("Анна")


def test_a_button_that_is_held_down_stays_until_it_is_let_go(
    page: Page, member: User, sign_in: SignIn
) -> None:
    sign_in(page, member)
    page.goto(BUILDER)
    held = Held(page, f"**{BUILDER}")
    page.fill("input[name=name]", "Анны")
    page.fill("input[name=r0-value]", "Анна")
    page.hover("button[name=save]")

    with page.expect_request(f"**{BUILDER}"):
        page.mouse.down()
    held.let_go()
    page.mouse.up()

    page.wait_for_url(lambda url: "filters" not in url)
    assert Group.objects.get().name == "Анны"


def test_no_column_is_chosen_while_the_file_is_read_anew(
    page: Page, member: User, sign_in: SignIn
) -> None:
    source: Import = import_made(member, "ФИО;Мобильный\r\nПетров Иван;8 (921) 000-00-01\r\n")
    sign_in(page, member)
    page.goto(f"/contacts/imports/{source.pk}/columns/")
    held = Held(page, "**/reread/")

    with page.expect_request("**/reread/"):
        page.select_option("[name=encoding]", "koi8-r")
    expect(page.locator("[name=column-0]")).to_be_disabled()
    held.let_go()

    expect(page.locator("[name=column-0]")).to_be_enabled()
