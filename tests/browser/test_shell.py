"""The frame around every page: the menu, rows that open, styles that the CSP forbids."""

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.browser.conftest import SignIn
from tests.factories import AdministratorFactory, MemberFactory, submit_message
from tests.integration.history.answers import ACCEPTED, answer

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = (390, 768, 1000, 1024, 1200, 1280, 1366)
LONG_NAME = "Константин Константинопольский-Задунайский"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINE_HEIGHTS = (
    "links => [...new Set(links.filter(link => link.offsetParent).map(link => link.offsetHeight))]"
)


def make(role: str) -> User:
    if role == "administrator":
        return AdministratorFactory(name=LONG_NAME)
    return MemberFactory(role=role, name=LONG_NAME)


@pytest.mark.parametrize("role", [*Role.values, "administrator"])
def test_the_russian_menu_fits_every_width(page: Page, sign_in: SignIn, role: str) -> None:
    sign_in(page, make(role))
    page.goto("/account/password/change/")
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html[lang=ru]")).to_be_attached()

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SIDEWAYS) == 0, width
        heights = page.locator(".site-header .nav-link").evaluate_all(LINE_HEIGHTS)
        assert len(heights) <= 1, width


def test_a_click_anywhere_on_a_row_opens_the_message(page: Page, sign_in: SignIn) -> None:
    author = MemberFactory()
    message = submit_message(author)
    sign_in(page, author)
    page.goto("/history/")

    page.locator(".history-table tbody td").last.click(force=True)

    expect(page).to_have_url(page.url.split("/history")[0] + f"/history/{message.pk}")


def test_a_part_that_a_script_styled_is_replaced_without_a_forbidden_style(
    page: Page, sign_in: SignIn
) -> None:
    author = MemberFactory()
    message = submit_message(author)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    page.locator("#recipients").evaluate("part => { part.style.color = 'inherit'; }")

    answer(message, ACCEPTED)

    expect(page.locator("#recipients")).to_contain_text("accepted")
