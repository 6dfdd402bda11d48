"""From signing in to the operator's answer, as people go."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.engine import deliver_account
from portal.delivery.models import GatewayAccount, Message, State
from portal.delivery.selectors import message_counts
from tests.browser.conftest import Check, SignIn
from tests.factories import (
    ContactFactory,
    GatewayAccountFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    submit_message,
)
from tests.integration.delivery.operator_thread import operator_in_thread
from tests.unit.sms.fake_operator import OBEDIENT, Fault, Script

pytestmark = pytest.mark.django_db(transaction=True)

SILENT = OBEDIENT | {"DOT": Fault.CLOSE}
SPELLINGS = "8 (921) 000-00-00\n+7 911 123-45-67, 79215554433"
TEXT = "Добрый день! Ждём вас завтра в 10:30."


@pytest.fixture
def manager(db: None) -> User:
    manager: User = MemberFactory(
        organisation=OrganisationFactory(name="Стоматология"), role=Role.MANAGER, name="Анна"
    )
    GatewayAccountFactory(organisation=manager.organisation)
    SenderNameFactory(organisation=manager.organisation, value="ULYBKA")
    return manager


def deliver(script: Script = OBEDIENT) -> list[bytes]:
    """Let a worker run once against an operator that keeps to the script; the e-mails it got.

    In a thread: the worker has an event loop, and so has the browser's driver here.
    """
    with operator_in_thread(script) as operator, ThreadPoolExecutor(1) as worker:
        GatewayAccount.objects.update(host="127.0.0.1", port=operator.server.port)
        worker.submit(run_once, GatewayAccount.objects.get().pk).result(timeout=30)
        return operator.bodies


def run_once(account_id: int) -> None:
    try:
        deliver_account(account_id)
    finally:
        connection.close()


def test_a_russian_message_goes_to_three_numbers_in_any_spelling(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    expect(page).to_have_url(re.compile("/messages/new"))

    page.get_by_label("Phone numbers").fill(SPELLINGS)
    page.get_by_label("Text").fill(TEXT)
    figures = page.locator(".outlook-figures dd")
    expect(figures).to_have_text(["3", "1", "3"])
    expect(page.locator("#live")).to_contain_text("UCS-2 because of “Д”")
    page.get_by_text("The e-mail to the operator").click()
    expect(page.locator(".letter-text")).to_contain_text(
        "PhoneNumber=79210000000,79111234567,79215554433"
    )

    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check and send")).to_be_visible()
    page.get_by_role("button", name="Send to 3 recipients").click()

    expect(page.locator("#progress-words")).to_have_text("So far the operator accepted 0 of 3.")
    [email] = deliver()
    assert TEXT.encode("cp1251") in email
    expect(page.locator("#progress-words")).to_have_text("Done: the operator accepted 3 of 3.")
    expect(page.locator("#badge")).to_have_text("accepted by the operator")


def test_going_back_keeps_what_was_typed_and_a_second_send_is_none(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    page.get_by_label("Phone numbers").fill(SPELLINGS)
    page.get_by_label("Text").fill(TEXT)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Back to edit").click()
    expect(page.get_by_label("Phone numbers")).to_have_value(SPELLINGS)
    expect(page.get_by_label("Text")).to_have_value(TEXT)

    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send to 3 recipients").click()
    page.wait_for_url(re.compile(r"/history/\d+"))
    page.go_back()
    page.get_by_role("button", name="Send to 3 recipients").click()

    expect(page.get_by_text("nothing was sent again")).to_be_visible()
    assert Message.objects.count() == 1


def test_recipients_are_picked_and_dropped_by_keyboard(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    anna = ContactFactory(organisation=manager.organisation, name="Анна Смирнова")
    everybody = GroupFactory(organisation=manager.organisation, name="Все пациенты")
    everybody.contacts.add(anna, ContactFactory(organisation=manager.organisation))
    sign_in(page, manager)
    search = page.get_by_label("Contacts and groups")

    search.focus()
    expect(page.locator("#found")).to_contain_text("Все пациенты")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#picked")).to_contain_text("Все пациенты")
    expect(page.locator(".outlook-figures dd").first).to_have_text("2")
    search.press_sequentially("смир")
    expect(page.locator("#found")).to_contain_text("Анна Смирнова")
    page.keyboard.press("Enter")
    expect(page.locator("#picked .choice")).to_have_count(2)
    expect(page.locator("#live")).to_contain_text("3 picked, 1 duplicate.")

    page.locator("#picked").get_by_label("Все пациенты").focus()
    page.keyboard.press("Space")
    expect(page.locator("#picked .choice")).to_have_count(1)
    expect(page.locator(".outlook-figures dd").first).to_have_text("1")
    expect(page).to_have_url(re.compile("/messages/new"))


def test_unsendable_characters_are_replaced_by_one_click(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    page.get_by_label("Text").fill("Чистка — 500 ₽")
    page.get_by_role("button", name="Replace with plain characters").click()

    expect(page.get_by_label("Text")).to_have_value("Чистка — 500 руб.")
    expect(page.locator("#live")).not_to_contain_text("cannot carry")


def test_emoji_are_taken_out_by_one_click(page: Page, sign_in: SignIn, manager: User) -> None:
    sign_in(page, manager)
    page.get_by_label("Text").fill("Ждём вас 😀")
    page.get_by_role("button", name="Take out emoji and symbols").click()

    expect(page.get_by_label("Text")).to_have_value("Ждём вас ")
    expect(page.locator("#live")).not_to_contain_text("cannot carry")


def test_everything_works_without_scripts(plain_page: Page, sign_in: SignIn, manager: User) -> None:
    page = plain_page
    ContactFactory(organisation=manager.organisation, name="Анна Смирнова", phone="79210000009")
    sign_in(page, manager)
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("Contacts and groups").fill("анна")
    page.get_by_role("button", name="Find").click()
    page.locator("#found").get_by_label("Анна Смирнова").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send to 1 recipient").click()

    expect(page.locator("#recipients")).to_contain_text("+7 921 000-00-09")


def test_an_envelope_without_an_answer_appears_at_once_and_is_settled_by_a_person(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    message = submit_message(manager, "79210000000", "79210000001")
    sign_in(page, manager)
    page.goto(f"/history/{message.pk}")

    deliver(SILENT)
    question = page.get_by_role("heading", name="Was it sent to 2 recipients?")
    expect(question).to_be_visible()
    page.get_by_text("It was sent", exact=True).click()
    page.get_by_role("button", name="Yes, it was sent").click()

    expect(page.get_by_text("Noted: it was sent.")).to_be_visible()
    expect(question).to_be_hidden()
    assert message_counts(message.pk) == {State.ACCEPTED: 2}


def test_the_list_tells_news_without_a_reload(page: Page, sign_in: SignIn, manager: User) -> None:
    message = submit_message(manager)
    sign_in(page, manager)
    page.goto("/history/")
    row = page.locator(f"#message-{message.pk}")
    expect(row).to_contain_text("queued")

    deliver()

    expect(row).to_contain_text("accepted by the operator")
    expect(page.locator("#poller")).not_to_have_attribute("hx-get", re.compile(".+"))


def test_a_page_that_waits_for_news_leads_to_sign_in_when_the_session_has_ended(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    sign_in(page, manager)
    page.goto(f"/history/{message.pk}")

    page.context.clear_cookies(name="sessionid")

    expect(page).to_have_url(re.compile(rf"/account/login/\?next=/history/{message.pk}"))


def test_what_is_typed_stays_when_the_session_has_ended(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    page.get_by_label("Text").fill("Привет")
    expect(page.locator("#live")).to_contain_text("6 characters")

    page.context.clear_cookies(name="sessionid")
    with page.expect_response(re.compile("/account/login/|/messages/live")):
        page.get_by_label("Text").press_sequentially("!")
    page.wait_for_load_state("networkidle")

    expect(page.get_by_label("Text")).to_have_value("Привет!")
    expect(page.locator("#live")).to_contain_text("6 characters")


@pytest.mark.parametrize("size", ["page", "phone_page"])
def test_no_page_on_the_way_has_a_barrier(
    size: str, request: pytest.FixtureRequest, sign_in: SignIn, axe: Check, manager: User
) -> None:
    page: Page = request.getfixturevalue(size)
    group = GroupFactory(organisation=manager.organisation, name="Все")
    group.contacts.add(ContactFactory(organisation=manager.organisation, phone="79990001122"))
    SenderNameFactory(organisation=manager.organisation, value="SECOND")
    sign_in(page, manager)
    page.goto(f"/messages/new?group={group.pk}")
    axe(page)
    page.get_by_label("Contacts and groups").focus()
    expect(page.locator("#found")).not_to_be_empty()
    axe(page)
    page.get_by_label("Phone numbers").fill("7921123456")
    page.get_by_label("Text").fill("500 ₽")
    page.get_by_role("button", name="Continue").click()
    axe(page)
    page.get_by_label("Phone numbers").fill(SPELLINGS)
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("Sender name").select_option("ULYBKA")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("The e-mail to the operator").click()
    axe(page)
    page.get_by_role("button", name="Send to 4 recipients").click()
    deliver(SILENT)
    expect(page.get_by_role("heading", name="Was it sent to 4 recipients?")).to_be_visible()
    page.get_by_text("Send again", exact=True).click()
    axe(page)
    page.goto("/history/")
    axe(page)


def test_no_page_scrolls_sideways_on_a_phone(
    phone_page: Page, sign_in: SignIn, manager: User
) -> None:
    message = submit_message(manager, text="ж" * 300)
    sign_in(phone_page, manager)

    for address in ("/messages/new", "/history/", f"/history/{message.pk}"):
        phone_page.goto(address)
        wide = phone_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, address
