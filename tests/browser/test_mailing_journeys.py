"""Mailings from the form to the outbox, as authors and approvers go."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.models import Group
from portal.delivery.models import EnvelopeText, HeldBecause, Message, State
from portal.delivery.selectors import message_counts
from portal.messaging.models import ApprovalRules, Decision, Mailing, Stage
from tests.browser.conftest import Check, SignIn
from tests.browser.conversations import tab_to, told
from tests.factories import (
    ContactFactory,
    GatewayAccountFactory,
    GroupFactory,
    MailingFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
from tests.integration.messaging.mailings.office import Office, sweep_and_work

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = "8 (921) 000-00-01, 8 (921) 000-00-02, 8 (921) 000-00-03"
LONG = "Длинное-слово-без-единого-пробела-" * 2


@pytest.fixture
def author(db: None) -> User:
    author: User = MemberFactory(
        organisation=OrganisationFactory(name="Стоматология"), name="Анна Ивановна"
    )
    GatewayAccountFactory(organisation=author.organisation)
    SenderNameFactory(organisation=author.organisation, value="ACME")
    return author


@pytest.fixture
def patients(author: User) -> Group:
    """Eleven, so that they fill more than a page; one has a surname alone."""
    group: Group = GroupFactory(organisation=author.organisation, name="Пациенты")
    names = ["Ян", "Александра", *(f"Олег{'г' * length}" for length in range(8))]
    for number, name in enumerate(names):
        group.contacts.add(
            ContactFactory(
                organisation=author.organisation,
                name=name,
                given_name=name,
                phone=f"792100000{number:02}",
            )
        )
    group.contacts.add(
        ContactFactory(
            organisation=author.organisation, name="", surname="Безымянный", phone="79210000099"
        )
    )
    return group


def tomorrow(member: User) -> date:
    assert member.organisation is not None
    return timezone.now().astimezone(member.organisation.zone).date() + timedelta(days=1)


def press(page: Page, button: str) -> None:
    """As a keyboard does."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).press("Enter")


def write(page: Page, text: str, numbers: str = NUMBERS) -> None:
    page.get_by_label("Phone numbers").fill(numbers)
    page.get_by_label("Text").fill(text)


def open_section(page: Page, title: str) -> None:
    page.locator("summary").filter(has_text=title).press("Enter")


def is_on_page_of_mailing(page: Page) -> Mailing:
    expect(page).to_have_url(re.compile(r"/mailings/\d+/$"))
    return Mailing.objects.get()


def test_a_mailing_is_planned_edited_planned_again_and_cancelled(
    page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    day = tomorrow(author)
    sign_in(page, author)
    write(page, "Ждём вас завтра")
    open_section(page, "When it leaves")
    page.get_by_label("at a date and time").press("Space")
    page.get_by_label("Date", exact=True).first.fill(day.isoformat())
    page.get_by_label("Time", exact=True).first.fill("10:30")
    expect(page.locator("#when-preview")).to_contain_text("10:30")
    axe(page)
    press(page, "Continue")

    mailing = is_on_page_of_mailing(page)
    expect(page.locator("main")).to_contain_text("Nothing is sent yet.")
    axe(page)
    page.get_by_role("button", name=re.compile("Plan for .*10:30")).press("Enter")
    told(page, "Planned. Until it leaves you can edit or cancel it.")
    axe(page)
    page.goto("/mailings/")
    expect(page.get_by_role("row").filter(has_text="Ждём вас завтра")).to_contain_text("10:30")
    axe(page)
    page.goto(f"/mailings/calendar/?month={day:%Y-%m}")
    axe(page)
    page.locator(".entry").filter(has_text="Ждём вас завтра").press("Enter")
    expect(page).to_have_url(re.compile(rf"/mailings/{mailing.pk}/$"))

    press(page, "Edit")
    expect(page.get_by_label("Text")).to_have_value("Ждём вас завтра")
    expect(page.get_by_label("Time", exact=True).first).to_have_value("10:30")
    page.get_by_label("Text").fill("Ждём вас завтра, вход со двора")
    press(page, "Continue")
    page.get_by_role("button", name=re.compile("Plan for .*10:30")).press("Enter")
    told(page, "Planned. Until it leaves you can edit or cancel it.")
    planned = Mailing.objects.get()
    assert (planned.stage, planned.text) == (Stage.PLANNED, "Ждём вас завтра, вход со двора")
    assert planned.due_at
    assert planned.due_at.astimezone(planned.organisation.zone).date() == day

    page.locator("summary").filter(has_text="Cancel the mailing").press("Enter")
    press(page, "Yes, cancel")
    told(page, "Cancelled. Nothing of it will leave.")
    sweep_and_work()
    assert Mailing.objects.get().stage == Stage.CANCELLED
    assert not Message.objects.exists()


def test_approval_is_refused_then_granted(
    page: Page, phone_page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    """The manager's is the phone."""
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER, name="Пётр")
    sign_in(phone_page, manager)
    phone_page.goto("/mailings/approval-rules/")
    axe(phone_page)
    phone_page.get_by_label("It goes to more recipients than").fill("0")
    press(phone_page, "Save the rules")
    told(phone_page, "The rules have been saved.")
    assert ApprovalRules.objects.get().above_recipients == 0

    sign_in(page, author)
    write(page, "Скидка завтро")
    press(page, "Continue")
    is_on_page_of_mailing(page)
    told(page, "Needs another person’s approval, because")
    axe(page)
    press(page, "Ask for approval")
    told(page, "Asked for approval. Nothing leaves before it is given.")
    axe(page)

    phone_page.goto("/mailings/?tab=approval")
    axe(phone_page)
    phone_page.get_by_role("link", name="Decide").press("Enter")
    expect(phone_page.locator(".sms-text").first).to_have_text("Скидка завтро")
    axe(phone_page)
    press(phone_page, "Return with this word")
    expect(phone_page.get_by_label("Word to the author")).to_have_attribute("aria-invalid", "true")
    axe(phone_page)
    phone_page.get_by_label("Word to the author").fill("завтра, а не завтро")
    press(phone_page, "Return with this word")
    told(phone_page, "is returned. Its author is told by mail.")

    page.reload()
    told(page, "завтра, а не завтро")
    axe(page)
    press(page, "Back to edit")
    page.get_by_label("Text").fill("Скидка завтра")
    press(page, "Continue")
    press(page, "Ask for approval")
    told(page, "Asked for approval. Nothing leaves before it is given.")
    sweep_and_work()
    assert not Message.objects.exists()

    phone_page.goto("/mailings/?tab=approval")
    phone_page.get_by_role("link", name="Decide").press("Enter")
    press(phone_page, "Approve")
    told(phone_page, "is approved. Its author is told by mail.")
    sweep_and_work()
    page.reload()
    expect(page.locator("#of-mailing")).to_contain_text("0 of 3")
    axe(page)

    assert [message.text for message in Message.objects.all()] == ["Скидка завтра"]
    decided = Mailing.objects.get().approval_requests.order_by("pk")
    assert [asked.decision for asked in decided] == [Decision.RETURNED, Decision.APPROVED]
    assert Event.objects.filter(action=Action.APPROVED, actor_id=manager.pk).count() == 1


def test_a_campaign_to_a_group_gives_everybody_a_text_of_their_own(
    page: Page, sign_in: SignIn, axe: Check, author: User, patients: Group
) -> None:
    sign_in(page, author)
    page.goto(f"/messages/new?group={patients.pk}")
    page.get_by_label("Text").fill("Ждём вас, ")
    page.locator("summary").filter(has_text="Put in a value").press("Enter")
    page.get_by_role("button", name="name", exact=True).press("Enter")
    expect(page.get_by_label("Text")).to_have_value("Ждём вас, {name}")
    expect(page.locator("#live")).to_contain_text("lacks a value")
    axe(page)
    press(page, "Continue")

    is_on_page_of_mailing(page)
    missing = page.get_by_role("region", name="Values that are missing")
    expect(missing).to_contain_text("1 lacks it")
    expect(page.get_by_role("button", name=re.compile("^Send to"))).to_have_count(0)
    axe(page)
    page.get_by_role("link", name=re.compile("Who lacks a value")).last.press("Enter")
    expect(page.locator("#people-list")).to_contain_text("+7 921 000-00-99")
    missing.get_by_label("1 lacks it").fill("пациент")
    press(page, "Write the texts anew")
    told(page, "The texts were written anew. Check them once more.")
    axe(page)
    texts = page.locator("#people-list .sms-text")
    expect(texts).to_have_count(10)
    lengths = [len(text) for text in texts.all_inner_texts()]
    assert lengths == sorted(lengths, reverse=True)
    page.get_by_role("link", name="Next page").press("Enter")
    expect(texts).to_have_text(["Ждём вас, Ян"])
    press(page, "Send to 11 recipients")
    told(page, "It is being put into the queue.")
    sweep_and_work()

    expect(page.locator("#of-mailing")).to_contain_text("0 of 11")
    axe(page)
    message = Message.objects.get()
    page.get_by_role("link", name="Recipient by recipient").press("Enter")
    expect(page.locator("#recipients")).to_contain_text("Ждём вас, пациент")
    axe(page)
    assert message.is_personalised
    sent = EnvelopeText.objects.filter(envelope__message=message)
    assert sent.count() == 11
    nameless = sent.get(envelope__recipients__phone="79210000099")
    assert nameless.text == "Ждём вас, пациент"


def test_the_rest_is_cancelled_while_the_trial_part_is_out(
    page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    sign_in(page, author)
    write(page, "Скидка 90 %")
    open_section(page, "A trial part first")
    page.locator("[name=canary_size]").fill("1")
    page.locator("[name=canary_minutes]").fill("30")
    axe(page)
    press(page, "Continue")
    is_on_page_of_mailing(page)
    axe(page)
    press(page, "Send to the first 1 recipient")
    told(page, "It is being put into the queue.")
    sweep_and_work()

    course = page.locator("#of-mailing")
    expect(course).to_contain_text("Trial part")
    expect(course).to_contain_text("2 recipients")
    axe(page)
    trial, rest = Message.objects.order_by("pk")
    assert rest.outbox_entry.held_because == HeldBecause.AWAITS_CANARY
    open_section(page, "Cancel the rest")
    page.get_by_role("button", name="Yes, cancel the rest").focus()
    expect(page.get_by_role("button", name="Yes, cancel the rest")).to_be_focused()
    page.keyboard.press("Enter")
    told(page, "Cancelled. What has not left will not be sent.")
    axe(page)
    assert message_counts(trial.pk) == {State.QUEUED: 1}
    assert message_counts(rest.pk) == {State.CANCELLED: 2}


def test_a_personalised_mailing_is_written_and_sent_by_keyboard_alone(
    page: Page, sign_in: SignIn, author: User
) -> None:
    ContactFactory(
        organisation=author.organisation, name="Яна", given_name="Яна", phone="79210000001"
    )
    sign_in(page, author)
    keyboard = page.keyboard
    tab_to(page, "Phone numbers")
    keyboard.type("8 921 000 00 01")
    tab_to(page, "Put in a value")
    keyboard.press("Enter")
    tab_to(page, "name")
    keyboard.press("Enter")
    keyboard.type(", ждём вас!")
    expect(page.locator("#live")).to_contain_text("Яна, ждём вас!")
    tab_to(page, "Continue")
    keyboard.press("Enter")
    is_on_page_of_mailing(page)
    tab_to(page, "Send to 1 recipient")
    keyboard.press("Enter")
    told(page, "It is being put into the queue.")
    sweep_and_work()

    expect(page.locator("#of-mailing")).to_contain_text("0 of 1")
    assert EnvelopeText.objects.get().text == "Яна, ждём вас!"


def test_no_page_of_mailings_scrolls_sideways_on_a_phone(
    phone_page: Page, sign_in: SignIn, axe: Check, author: User
) -> None:
    office, soon = Office(author), timezone.now() + timedelta(hours=1)
    group = office.group((LONG, "79210000001"), ("", "79210000002"))
    MailingFactory(author=author, text=LONG)
    office.prepared(text=f"{LONG} {{имя}}", group=group)
    office.confirmed(text=LONG, due_at=soon)
    office.sent(text=LONG, canary_size=1, canary_minutes=30)
    ApprovalRules.objects.create(organisation=author.organisation, above_recipients=0)
    asked = office.confirmed(text=LONG)
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER, name=LONG)
    own = [f"/mailings/{pk}/" for pk in Mailing.objects.values_list("pk", flat=True)]
    lists = ["/mailings/", "/mailings/?tab=drafts", "/mailings/?tab=all", "/mailings/calendar/"]
    people = f"/mailings/{asked.pk}/recipients/"

    pages_of = {
        author: [*own, *lists, people],
        manager: [f"/mailings/{asked.pk}/approval/", "/mailings/approval-rules/", *lists, people],
    }
    for member, addresses in pages_of.items():
        phone_page.context.clear_cookies()
        sign_in(phone_page, member)
        for address in addresses:
            answer = phone_page.goto(address)
            assert answer
            assert answer.ok, address
            phone_page.wait_for_load_state("networkidle")
            wide = phone_page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, address
            axe(phone_page)
