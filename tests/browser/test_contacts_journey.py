"""Contacts and groups, from the first to the last."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import Contact, Group
from tests.browser.conftest import Check, SignIn
from tests.browser.conversations import told
from tests.factories import ContactFactory, GroupFactory, MemberFactory, submit_message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member(db: None) -> User:
    member: User = MemberFactory()
    return member


def test_a_badly_spelled_number_is_explained_at_its_field_and_mended(
    page: Page, sign_in: SignIn, member: User
) -> None:
    sign_in(page, member)
    page.goto("/contacts/")
    page.get_by_role("link", name="Add the first contact").click()
    page.get_by_label("Surname").fill("Смирнова")
    page.get_by_label("Given name").fill("Анна")
    page.get_by_label("Phone").fill("8 (921) 000-00-0O")
    page.get_by_role("button", name="Add the contact").click()

    expect(page.locator("#id_phone")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#div_id_phone .invalid-feedback")).to_be_visible()
    expect(page.get_by_label("Given name")).to_have_value("Анна")
    expect(page.get_by_label("Phone")).to_have_value("8 (921) 000-00-0O")
    page.get_by_label("Phone").fill("8 (921) 000-00-00")
    page.get_by_role("button", name="Add the contact").click()

    told(page, "Смирнова Анна has been added.")
    assert Contact.objects.get().phone == "79210000000"


@pytest.mark.parametrize("query", ["смир", "8 921 000", "+7 (921) 000-00-00"])
def test_contacts_are_found_as_one_types(
    page: Page, sign_in: SignIn, member: User, query: str
) -> None:
    ContactFactory(organisation=member.organisation, name="Анна Смирнова", phone="79210000000")
    ContactFactory(organisation=member.organisation, name="Пётр Ильин", phone="79115554433")
    sign_in(page, member)
    page.goto("/contacts/")

    page.get_by_label("Search by name or number").press_sequentially(query)

    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Анна Смирнова")


def test_a_group_is_made_filled_and_deleted_and_its_contacts_stay(
    page: Page, sign_in: SignIn, member: User
) -> None:
    ContactFactory(organisation=member.organisation, name="Анна Смирнова")
    sign_in(page, member)
    page.goto("/contacts/groups/add/")
    page.get_by_label("Name").fill("Пациенты")
    page.locator("main form button[type=submit]").click()
    page.get_by_label("Search by name or number").press_sequentially("анна")
    page.get_by_role("button", name="Add Анна Смирнова").click()
    told(page, "Анна Смирнова is in the group now.")
    assert Group.objects.get().contacts.count() == 1
    page.get_by_role("button", name="Take out Анна Смирнова").click()
    told(page, "Анна Смирнова has left the group.")

    page.get_by_role("link", name="Delete the group").click()
    page.locator("main form button[type=submit]").click()

    told(page, "The group has been deleted; its contacts stay.")
    assert not Group.objects.exists()
    assert Contact.objects.count() == 1


def test_a_contact_is_deleted_after_a_question(page: Page, sign_in: SignIn, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation, name="Анна")
    GroupFactory(organisation=member.organisation).contacts.add(contact)
    sign_in(page, member)
    page.goto(f"/contacts/{contact.pk}/")
    page.get_by_role("link", name="Delete this contact").click()
    expect(page).to_have_url(re.compile("/delete/"))
    assert Contact.objects.exists()

    page.locator("main form button[type=submit]").click()

    told(page, "Анна has been deleted.")
    assert not Contact.objects.exists()


def test_a_contacts_page_tells_what_was_sent_and_leads_through_the_archive(
    page: Page, sign_in: SignIn, member: User, axe: Check
) -> None:
    contact = ContactFactory(organisation=member.organisation, name="Анна", phone="79210000000")
    submit_message(member, "79210000000", text="Ждём вас в пятницу")
    sign_in(page, member)
    page.goto(f"/contacts/{contact.pk}/")

    expect(page.locator("#sent tbody tr")).to_contain_text("Ждём вас в пятницу")
    axe(page)
    page.get_by_role("button", name="To the archive").click()
    told(page, "Анна is in the archive now.")
    page.get_by_role("button", name="Bring back from the archive").click()
    told(page, "Анна is in use again.")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Given name").fill("Яна")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Яна")


def test_a_manager_makes_a_field_and_a_contact_has_it(
    phone_page: Page, sign_in: SignIn, db: None, axe: Check
) -> None:
    manager = MemberFactory(role=Role.MANAGER)
    sign_in(phone_page, manager)
    phone_page.goto("/contacts/fields/")
    phone_page.get_by_role("button", name="Add “Birthday”").click()
    told(phone_page, "The field “Birthday” is there.")
    phone_page.get_by_role("button", name="Add “City”").click()
    told(phone_page, "The field “City” is there.")
    axe(phone_page)
    phone_page.get_by_role("button", name="City: one place up").click()
    expect(phone_page.locator("tbody tr").first).to_contain_text("City")

    phone_page.goto("/contacts/add/")
    phone_page.get_by_label("Given name").fill("Анна")
    phone_page.get_by_label("Birthday").fill("1986-11-24")
    phone_page.get_by_label("City").fill("Тверь")
    axe(phone_page)
    phone_page.get_by_role("button", name="Add the contact").click()

    told(phone_page, "Анна has been added.")
    assert sorted(Contact.objects.get().field_values.values()) == ["1986-11-24", "Тверь"]


def test_two_contacts_are_made_one_after_a_look_at_the_result(
    page: Page, sign_in: SignIn, member: User, axe: Check
) -> None:
    first = ContactFactory(organisation=member.organisation, name="Анна", phone="79210000000")
    ContactFactory(organisation=member.organisation, name="Анна", phone="79210000001")
    sign_in(page, member)
    page.goto("/contacts/duplicates/")
    axe(page)
    page.get_by_role("link", name="Compare these two").click()
    result = page.locator("#result")
    expect(result).to_contain_text("Phone: +7 921 000-00-01")

    page.get_by_role("radio", name="+7 921 000-00-01", exact=True).check()
    expect(result).to_contain_text("Phone: +7 921 000-00-00")
    page.get_by_label("Note", exact=True).fill("одна и та же")
    expect(result).to_contain_text("одна и та же")
    assert "?" not in page.url
    axe(page)
    page.get_by_role("button", name="Merge", exact=True).click()

    told(page, "The two contacts are one now.")
    kept = Contact.objects.get()
    assert (kept.pk, kept.phone) == (first.pk, "79210000001")
    assert kept.note == "одна и та же\nOther number: +7 921 000-00-00"
