"""What people do on the page of a message after it was submitted."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.decisions import message_pause, message_release, message_resume
from portal.delivery.models import GatewayAccount, Message, State
from portal.delivery.selectors import message_counts
from tests.browser.conftest import Check, SignIn
from tests.browser.conversations import told
from tests.factories import MemberFactory, submit_message
from tests.integration.history.answers import ACCEPTED, REJECTED, UNCERTAIN, answer, hold

pytestmark = pytest.mark.django_db(transaction=True)


# What stands still is looked at every five seconds; milliseconds.
SLOW = 12_000


def campaign(author: User) -> Message:
    """A message of six e-mails."""
    answer(submit_message(author), ACCEPTED)
    GatewayAccount.objects.update(numbers_per_email=1)
    return submit_message(author, *(f"7921000000{number}" for number in range(6)))


@pytest.fixture
def author(db: None) -> User:
    author: User = MemberFactory(role=Role.SENDER)
    return author


@pytest.mark.parametrize(
    ("choice", "button", "words", "state"),
    [
        ("It was sent", "Yes, it was sent", "Noted: it was sent.", State.ACCEPTED),
        ("It was not sent", "Yes, it was not sent", "Noted: it was not sent.", State.REJECTED),
        ("Send again", "Send again (may be", "It is on its way again.", State.QUEUED),
    ],
)
def test_an_uncertain_envelope_is_settled(
    page: Page, sign_in: SignIn, author: User, choice: str, button: str, words: str, state: State
) -> None:
    message = submit_message(author)
    answer(message, UNCERTAIN)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_text(choice, exact=True).click()
    page.get_by_role("button", name=button).click()

    told(page, words)
    assert message_counts(message.pk) == {state: 1}


def test_all_uncertain_e_mails_are_settled_at_once(
    page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    message = campaign(author)
    answer(message, ACCEPTED, *[UNCERTAIN] * 5)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_role("link", name="Decide on all uncertain ones at once").click()
    expect(page.get_by_role("heading", name="Was it sent to 5 recipients?")).to_be_visible()
    page.get_by_text("They were not sent", exact=True).click()
    axe(page)
    page.get_by_role("button", name="Yes, none was sent").click()

    told(page, "Noted for 5 recipients: it was not sent.")
    assert message_counts(message.pk) == {State.ACCEPTED: 1, State.REJECTED: 5}


def test_what_has_not_left_is_cancelled(page: Page, sign_in: SignIn, author: User) -> None:
    message = submit_message(author, "79210000000", "79210000001")
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_text("Cancel what has not left").click()
    page.get_by_role("button", name="Yes, cancel").click()

    told(page, "Cancelled for 2 recipients.")
    assert message_counts(message.pk) == {State.CANCELLED: 2}


@pytest.mark.parametrize("browser", ["page", "phone_page", "plain_page"])
def test_a_message_is_paused_resumed_and_cancelled(
    request: pytest.FixtureRequest, sign_in: SignIn, author: User, browser: str
) -> None:
    page: Page = request.getfixturevalue(browser)
    message = submit_message(author, "79210000000", "79210000001")
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_text("Pause", exact=True).click()
    page.get_by_role("button", name="Yes, pause").click()
    told(page, "Paused. What has not left waits until you resume it.")
    expect(page.locator("#badge")).to_have_text("paused")

    page.get_by_role("button", name="Resume").click()
    told(page, "The message goes on.")
    expect(page.locator("#badge")).to_have_text("queued")

    page.get_by_text("Cancel what has not left").click()
    page.get_by_role("button", name="Yes, cancel").click()
    told(page, "Cancelled for 2 recipients.")
    assert message_counts(message.pk) == {State.CANCELLED: 2}


def test_a_message_is_paused_and_resumed_by_keyboard(
    page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    message = submit_message(author)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_text("Pause", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told(page, "Paused.")
    axe(page)

    page.get_by_role("button", name="Resume").focus()
    page.keyboard.press("Enter")
    told(page, "The message goes on.")


def test_an_open_page_follows_a_pause_made_elsewhere(
    page: Page, sign_in: SignIn, author: User
) -> None:
    message = submit_message(author)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    expect(page.locator("#badge")).to_have_text("queued")

    message_pause(message=message, actor=author)

    expect(page.locator("#badge")).to_have_text("paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    message_resume(message=message, actor=author)
    expect(page.get_by_text("Pause", exact=True)).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize(
    ("question", "button", "words"),
    [
        ("Pause", "Yes, pause", "Paused. What has not left waits"),
        ("Cancel what has not left", "Yes, cancel", "Cancelled for 3 recipients."),
    ],
)
def test_an_open_question_and_the_focus_in_it_outlive_refreshes(
    page: Page, sign_in: SignIn, author: User, question: str, button: str, words: str
) -> None:
    message = campaign(author)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    page.get_by_text(question, exact=True).click()
    yes = page.get_by_role("button", name=button)
    yes.focus()

    answer(message, ACCEPTED)
    expect(page.locator("#progress-words")).to_contain_text("accepted 1 of 6")
    answer(message, REJECTED)
    expect(page.get_by_role("link", name="Send again to the rejected only")).to_be_visible()
    answer(message, ACCEPTED)
    expect(page.locator("#progress-words")).to_contain_text("accepted 2 of 6")

    expect(yes).to_be_focused()
    page.keyboard.press("Enter")
    told(page, words)


def test_a_question_about_an_uncertain_envelope_outlives_refreshes(
    page: Page, sign_in: SignIn, author: User
) -> None:
    message = campaign(author)
    answer(message, UNCERTAIN, REJECTED)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    page.get_by_text("It was sent", exact=True).click()
    yes = page.get_by_role("button", name="Yes, it was sent")
    yes.focus()
    page.get_by_text("reply 550").evaluate("summary => summary.click()")

    answer(message, ACCEPTED)
    expect(page.locator("#progress-words")).to_contain_text("accepted 1 of 6")
    answer(message, UNCERTAIN)
    expect(page.locator(".decision")).to_have_count(2)

    expect(yes).to_be_focused()
    expect(page.get_by_text("5.7.1 sender not registered", exact=False).last).to_be_visible()
    page.keyboard.press("Enter")
    told(page, "Noted: it was sent.")


def test_the_servers_own_words_stay_open_while_figures_go_on(
    page: Page, sign_in: SignIn, author: User
) -> None:
    message = campaign(author)
    GatewayAccount.objects.update(last_failure="rcpt: 451 4.7.1 greylisted")
    answer(message, REJECTED)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    for summary in page.get_by_text("The server's own words").all():
        summary.click()
    last = page.get_by_text("The server's own words").last
    last.focus()

    answer(message, REJECTED)
    expect(page.locator(".progress-figures")).to_contain_text("rejected by the operator 2")

    expect(page.locator("#refusal code")).to_be_visible()
    expect(page.get_by_text("rcpt: 451 4.7.1 greylisted")).to_be_visible()
    expect(last).to_be_focused()


def test_a_filter_that_is_being_chosen_keeps_its_choice(
    page: Page, sign_in: SignIn, author: User
) -> None:
    message = campaign(author)
    answer(message, ACCEPTED)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    chosen = page.locator("#recipients-state")
    chosen.select_option("accepted")
    chosen.focus()

    answer(message, ACCEPTED)
    expect(page.locator("#progress-words")).to_contain_text("accepted 2 of 6")

    expect(chosen).to_be_focused()
    expect(chosen).to_have_value("accepted")


def test_the_authors_open_page_follows_a_release(page: Page, sign_in: SignIn, author: User) -> None:
    message = submit_message(author)
    hold(message)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")
    expect(page.locator("#held-because")).to_contain_text("its author may no longer send")

    manager = MemberFactory(role=Role.MANAGER, organisation=author.organisation)
    message_release(message=message, actor=manager)

    expect(page.locator("#badge")).to_have_text("queued", timeout=SLOW)
    expect(page.locator("#held-because")).to_have_count(0)


def test_the_rejected_are_sent_to_again(page: Page, sign_in: SignIn, author: User) -> None:
    message = submit_message(author)
    answer(message, REJECTED)
    sign_in(page, author)
    page.goto(f"/history/{message.pk}")

    page.get_by_role("link", name="Send again to the rejected only").click()
    page.get_by_role("button", name="Send to 1 recipient").click()

    told(page, "The text is on its way to the rejected numbers again.")
    again = Message.objects.get(resend_of=message)
    expect(page).to_have_url(re.compile(f"/history/{again.pk}$"))
