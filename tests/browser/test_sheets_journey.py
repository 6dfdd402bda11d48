"""A list of sums becomes messages: upload, columns, text, and what each row's person gets."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.messaging.models import Mailing, PreparedRecipient
from tests.browser.conftest import Check, SignIn
from tests.factories import GatewayAccountFactory, MemberFactory, SenderNameFactory

pytestmark = pytest.mark.django_db(transaction=True)

EXCEL = (
    "Клиент;Мобильный;Сумма, руб.\r\n"
    "Анна;8 (921) 000-00-01;1500\r\n"
    "Вера;12345;1\r\n"
    "Борис;+7 921 000-00-02;20\r\n"
)
FILE = {"name": "Долги.csv", "mimeType": "text/csv", "buffer": EXCEL.encode("windows-1251")}


@pytest.mark.parametrize("device", ["page", "phone_page"])
def test_each_row_of_a_file_becomes_a_message(
    request: pytest.FixtureRequest, device: str, sign_in: SignIn, axe: Check
) -> None:
    page: Page = request.getfixturevalue(device)
    member = MemberFactory()
    GatewayAccountFactory(organisation=member.organisation)
    SenderNameFactory(organisation=member.organisation, value="ACME")
    sign_in(page, member)
    page.goto("/messages/new")
    page.get_by_role("link", name="From a file…").click()
    axe(page)
    page.set_input_files("input[type=file]", FILE)  # type: ignore[arg-type]  # its own TypedDict
    page.click("#upload button[type=submit]")

    page.wait_for_url(re.compile(r"/sheets/[0-9]+/$"))
    expect(page.locator("[name=phone_column]")).to_have_value("1")
    expect(page.locator("[name=name-2]")).to_have_value("Сумма руб")
    expect(page.locator("#rows")).to_contain_text("+7 921 000-00-01")
    axe(page)
    page.fill("[name=name-2]", "долг")
    page.locator("[name=name-2]").blur()
    expect(page.locator("#rows")).to_contain_text("долг")
    page.select_option("[name=phone_column]", "0")
    expect(page.locator("#rows")).to_contain_text("3 have no number")
    page.select_option("[name=phone_column]", "1")
    expect(page.locator("#rows")).to_contain_text("1 has no number")
    page.get_by_role("button", name="Write the message").click()

    expect(page.locator("#to-whom + *")).to_contain_text("Долги.csv")
    page.fill("[name=text]", "{Клиент}, к оплате {долг} р.")
    expect(page.locator("#live")).to_contain_text("к оплате")
    page.get_by_role("button", name="Continue").last.click()

    page.wait_for_url(re.compile(r"/mailings/[0-9]+/"))
    mailing = Mailing.objects.get()
    prepared = PreparedRecipient.objects.filter(mailing=mailing).order_by("position")
    assert list(prepared.values_list("text", flat=True)) == [
        "Анна, к оплате 1500 р.",
        "Борис, к оплате 20 р.",
    ]
    expect(page.locator("main")).to_contain_text("Анна, к оплате 1500 р.")
    axe(page)
