"""Contacts and groups, from the first to the last."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.contacts.models import Contact, Group
from tests.browser.conftest import SignIn
from tests.browser.conversations import told
from tests.factories import ContactFactory, GroupFactory, MemberFactory

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
    page.get_by_label("Name").fill("Анна Смирнова")
    page.get_by_label("Phone").fill("8 (921) 000-00-0O")
    page.get_by_role("button", name="Add the contact").click()

    expect(page.locator("#id_phone")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#div_id_phone .invalid-feedback")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Анна Смирнова")
    expect(page.get_by_label("Phone")).to_have_value("8 (921) 000-00-0O")
    page.get_by_label("Phone").fill("8 (921) 000-00-00")
    page.get_by_role("button", name="Add the contact").click()

    told(page, "Анна Смирнова has been added.")
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
    page.goto("/contacts/")
    page.get_by_role("link", name="Change Анна").click()
    page.get_by_role("link", name="Delete this contact").click()
    expect(page).to_have_url(re.compile("/delete/"))
    assert Contact.objects.exists()

    page.locator("main form button[type=submit]").click()

    told(page, "Анна has been deleted.")
    assert not Contact.objects.exists()
