"""A list from Excel becomes contacts: upload, columns, report, progress, list."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Import
from tests.browser.conftest import DESK, PHONE, Check, SignIn, _opened
from tests.factories import MemberFactory, import_made

EXCEL = (
    "ФИО;Мобильный;Город\r\n"
    "Петров Иван Сергеевич;8 (921) 000-00-01;Тверь\r\n"
    "Сидорова Анна;+7 911 123-45-67;Москва\r\n"
    "Ошибкин Пётр;12345;\r\n"
    "Петров И. С.;79210000001;\r\n"
)
FILE = {"name": "Клиенты.csv", "mimeType": "text/csv", "buffer": EXCEL.encode("windows-1251")}


@pytest.fixture
def manager(transactional_db: None) -> User:
    member: User = MemberFactory(role=Role.MANAGER)
    return member


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def russian_page(
    request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer
) -> Iterator[Page]:
    yield from _opened(
        chromium.new_context(viewport=request.param, locale="ru", base_url=live_server.url)
    )


def test_a_list_saved_by_excel_becomes_contacts(
    russian_page: Page, manager: User, sign_in: SignIn, axe: Check
) -> None:
    page = russian_page
    sign_in(page, manager)
    page.goto("/contacts/imports/add/")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    axe(page)
    page.set_input_files("input[type=file]", FILE)  # type: ignore[arg-type]  # its own TypedDict
    page.click("#upload button[type=submit]")

    page.wait_for_url("**/columns/")
    expect(page.locator("[name=encoding]")).to_have_value("windows-1251")
    expect(page.locator("[name=delimiter]")).to_have_value(";")
    expect(page.locator("[name=column-0]")).to_have_value("name")
    expect(page.locator("[name=column-1]")).to_have_value("phone")
    page.click("details summary")
    page.fill("[name=field_name]", "Город")
    with page.expect_response("**/fields/"):
        page.click("#new-field button")
    city = page.locator("[name=column-2] option", has_text="Город")
    expect(city).to_be_attached()
    page.select_option("[name=column-2]", label="Город")
    expect(page.locator("[name=new_group]")).to_be_hidden()
    page.select_option("[name=group]", "new")
    page.fill("[name=new_group]", "Клиенты")
    axe(page)
    page.click("#import-form > .form-actions .btn-primary")

    page.wait_for_url(re.compile(r"/imports/[0-9]+/$"))
    expect(page.get_by_role("progressbar")).to_be_visible()
    axe(page)
    source = Import.objects.get()
    work_to_the_end(source.pk)
    expect(page.locator("#count-good")).to_have_text("2")
    expect(page.locator("#count-duplicates")).to_have_text("1")
    expect(page.locator("#count-bad")).to_have_text("1")
    axe(page)
    page.click("#confirm")

    expect(page.get_by_role("progressbar")).to_be_visible()
    work_to_the_end(source.pk)
    expect(page.locator("#count-made")).to_have_text("2")
    axe(page)
    page.goto("/contacts/")
    expect(page.locator("main")).to_contain_text("Петров Иван Сергеевич")
    expect(page.locator("main")).to_contain_text("Сидорова Анна")


def test_another_encoding_shows_the_rows_anew(page: Page, manager: User, sign_in: SignIn) -> None:
    source = import_made(manager, EXCEL)
    sign_in(page, manager)
    page.goto(f"/contacts/imports/{source.pk}/columns/")
    expect(page.locator("#columns")).to_contain_text("Петров")

    page.select_option("[name=encoding]", "koi8-r")

    expect(page.locator("#columns")).not_to_contain_text("Петров")
    page.select_option("[name=encoding]", "windows-1251")
    expect(page.locator("#columns")).to_contain_text("Петров")
    expect(page.locator("[name=column-1]")).to_have_value("phone")


def test_without_scripts_the_way_is_the_same(
    plain_page: Page, manager: User, sign_in: SignIn
) -> None:
    page = plain_page
    sign_in(page, manager)
    page.goto("/contacts/imports/add/")
    page.set_input_files("input[type=file]", FILE)  # type: ignore[arg-type]  # its own TypedDict
    page.click("#upload button[type=submit]")
    page.select_option("[name=encoding]", "koi8-r")
    page.click("noscript button")
    expect(page.locator("[name=encoding]")).to_have_value("koi8-r")
    page.select_option("[name=encoding]", "windows-1251")
    page.click("noscript button")
    page.click("#import-form > .form-actions .btn-primary")
    source = Import.objects.get()
    work_to_the_end(source.pk)
    page.reload()
    page.click("#confirm")
    work_to_the_end(source.pk)
    page.reload()
    expect(page.locator("#count-made")).to_have_text("2")
