"""What people and attackers type into the form: each is refused at its field or kept exactly as it
is, nothing typed is lost, and nothing is sent."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.models import Message
from portal.messaging.models import Mailing, Stage
from portal.senders.models import SenderName, SenderState
from tests.browser.conftest import SignIn
from tests.factories import (
    ContactFactory,
    GatewayAccountFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    StopFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

TEXT, NUMBERS = "id_text", "id_numbers"
GOOD = {TEXT: "Ждём вас", NUMBERS: "8 921 000-00-00"}


@dataclass(frozen=True)
class Row:
    """``typed`` into fields by id; ``at``: the field that is marked; ``says``: in English."""

    name: str
    typed: dict[str, str]
    at: str
    says: str
    kept: dict[str, str] = field(default_factory=dict)


REFUSED = [
    Row("a field's name first", {TEXT: "PhoneNumber=79990001122"}, TEXT, "Line 1 begins with"),
    Row("behind a no-break space", {TEXT: "\u00a0sMsUsEr = x"}, TEXT, "Line 1 begins with"),
    Row("behind a soft hyphen", {TEXT: "\u00adPassword=1"}, TEXT, "Line 1 begins with"),
    Row("a field's name later", {TEXT: "Да\n\nSourceAddress=X"}, TEXT, "Line 3 begins with"),
    Row("behind another break", {TEXT: "Да\u2028Password=1"}, TEXT, "Line 2 begins with"),
    Row("a control character", {TEXT: "Да\u0007нет"}, TEXT, "invisible control character"),
    Row("a rouble sign", {TEXT: "500 ₽"}, TEXT, "cannot carry"),
    Row("an emoji", {TEXT: "Ждём 😀"}, TEXT, "cannot carry"),
    Row("a Kazakh letter", {TEXT: "Сәлем"}, TEXT, "cannot carry"),
    Row("nothing", {TEXT: ""}, TEXT, "Write the text"),
    Row("nobody", {NUMBERS: ""}, NUMBERS, "Choose at least one recipient"),
    Row("foreign digits", {NUMBERS: "٧٩٢١٠٠٠٠٠٠٠"}, NUMBERS, "digits 0 to 9"),
    Row("letters", {NUMBERS: "7921OOOOOOO"}, NUMBERS, "There is a letter"),
    Row("an extension", {NUMBERS: "+79210000000;ext=5"}, NUMBERS, "extension"),
    Row("a digit short", {NUMBERS: "7921123456"}, NUMBERS, "10 instead of 11"),
    Row("a bad one among good", {NUMBERS: "8 921 000-00-00, 12"}, NUMBERS, "12"),
    Row("only the stopped", {NUMBERS: "79990000001"}, NUMBERS, "on the stop list"),
    Row("an unknown placeholder", {TEXT: "{nane}, ждём"}, TEXT, "Did you mean"),
    Row("a lone brace", {TEXT: "Код {1"}, TEXT, "the brace itself"),
    Row("half a trial part", {"id_canary_size": "5"}, "id_canary_minutes", "Write a number here"),
    Row(
        "a time that has passed",
        {"id_when-day": "2020-01-01", "id_when-at": "10:00"},
        "id_when-at",
        "has passed",
    ),
]


@pytest.fixture
def manager(db: None) -> User:
    manager: User = MemberFactory(organisation=OrganisationFactory(), role=Role.MANAGER)
    GatewayAccountFactory(organisation=manager.organisation)
    SenderNameFactory(organisation=manager.organisation, value="ULYBKA")
    StopFactory(organisation=manager.organisation, phone="79990000001")
    return manager


def fill_in(page: Page, typed: dict[str, str]) -> None:
    for name, value in (GOOD | typed).items():
        target = page.locator(f"[id='{name}']")
        section = page.locator(f"details.section:not([open]):has([id='{name}']) > summary")
        if section.count():
            section.click()
        if name == "id_when-day":
            page.locator("input[name='when-mode'][value='once']").check()
        target.fill(value)


def go_on(page: Page) -> None:
    page.locator(".sticky-action button[type=submit]").click()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_cannot_be_sent_is_refused_at_its_field_and_stays_as_typed(
    page: Page, sign_in: SignIn, manager: User, language: str
) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    sign_in(page, manager)
    for row in REFUSED:
        page.goto("/messages/new")
        fill_in(page, row.typed)
        go_on(page)
        marked = page.locator(f"[id='{row.at}'].is-invalid")
        expect(marked, row.name).to_be_visible()
        feedback = page.locator(f".mb-3:has([id='{row.at}']) .invalid-feedback")
        expect(feedback, row.name).not_to_be_empty()
        if language == "en":
            expect(feedback, row.name).to_contain_text(row.says)
        for name, value in (GOOD | row.typed).items():
            kept = page.locator(f"[id='{name}']").input_value()
            assert kept.replace("\u2028", "\n") == value.replace("\u2028", "\n"), row.name
    assert not Message.objects.exists()
    assert not Mailing.objects.exclude(stage=Stage.DRAFT).exists()


def test_lines_of_points_and_breaks_of_other_systems_arrive_as_they_are(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    fill_in(page, {TEXT: ".\n..\nда\u2029нет\tтак"})
    go_on(page)
    expect(page.locator(".sms-text")).to_have_text(".\n..\nда\nнет так")


def test_a_sender_name_is_one_of_those_approved_whatever_is_posted(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    for forged in ("ULYBКA", "ulybka", "ULYBKA\n", "SMS Info", "ABCDEFGHIJKL"):
        page.goto("/messages/new")
        fill_in(page, {})
        page.evaluate(
            "value => { document.querySelector('input[name=sender]').value = value }", forged
        )
        go_on(page)
        expect(page.locator("#id_sender.is-invalid")).to_be_visible()
    assert not Message.objects.exists()


def test_one_number_in_three_spellings_and_two_groups_is_one_recipient(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    contact = ContactFactory(organisation=manager.organisation, phone="79210000000")
    groups = [GroupFactory(organisation=manager.organisation) for _ in range(2)]
    for group in groups:
        group.contacts.add(contact)
    sign_in(page, manager)
    page.goto("/messages/new?" + "&".join(f"group={group.pk}" for group in groups))
    fill_in(page, {NUMBERS: "8 921 000-00-00, +7 921 0000000, 79210000000, 79990000001"})
    expect(page.locator("#live")).to_contain_text("6 picked, 4 duplicates, 1 on the stop list")
    go_on(page)
    page.get_by_role("button", name="Send to 1 recipient").click()
    page.wait_for_url("**/history/*")
    assert Message.objects.get().recipients.count() == 1


def test_what_lacks_a_value_is_told_before_and_takes_a_default(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    fill_in(page, {TEXT: "{name}, ждём вас"})
    expect(page.locator("#live")).to_contain_text("1 of them lacks a value")
    page.get_by_label("instead of name").fill("Друг")
    expect(page.locator("#live")).to_contain_text("Друг, ждём вас")
    expect(page.get_by_label("instead of name")).to_be_focused()
    assert not Message.objects.exists()


def test_a_text_that_a_button_mended_is_saved_as_well(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    sign_in(page, manager)
    fill_in(page, {TEXT: "500 ₽"})
    page.get_by_role("button", name="Replace with plain characters").click()
    expect(page.locator(f"#{TEXT}")).to_have_value("500 руб.")
    expect(page.locator("#draft")).to_contain_text("Saved")
    page.wait_for_timeout(1500)
    page.reload()
    expect(page.locator(f"#{TEXT}")).to_have_value("500 руб.")


def test_a_revoked_sender_name_is_refused_and_the_rest_stays(
    page: Page, sign_in: SignIn, manager: User
) -> None:
    SenderNameFactory(organisation=manager.organisation, value="SECOND")
    sign_in(page, manager)
    page.locator("#id_sender").select_option("SECOND")
    fill_in(page, {})
    SenderName.objects.filter(value="SECOND").update(state=SenderState.REVOKED)
    go_on(page)
    expect(page.locator("#id_sender.is-invalid")).to_be_visible()
    expect(page.locator(f"#{TEXT}")).to_have_value(GOOD[TEXT])
