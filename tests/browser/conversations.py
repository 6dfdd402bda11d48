"""Steps that several journeys share."""

import re

from django.core import mail
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD


def sign_in_with(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/account/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def choose_password(page: Page, new: str) -> None:
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill(new)
    page.get_by_role("button", name="Save the new password").click()


def link_in_last_letter() -> str:
    """Path of the link, without the host that the letter names."""
    match = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert match
    return match.group(1)


FOCUSED = """() => {
  const e = document.activeElement;
  return (e.labels?.[0] ?? e).innerText || e.value || "";
}"""


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the control with this label has the focus."""
    for _ in range(most):
        if page.evaluate(FOCUSED).strip().startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {name}")


def told(page: Page, words: str) -> None:
    expect(page.locator("main").get_by_text(words)).to_be_visible()
