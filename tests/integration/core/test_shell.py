import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error

from portal.accounts.rights import Role
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

ALL_SECTIONS = {
    "messaging:compose",
    "history:messages",
    "contacts:contacts",
    "senders:sender_names",
    "members:members",
}
PAGE = reverse("account_change_password")


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        (Role.MANAGER, set()),
        (Role.SENDER, {"members:members"}),
        (Role.AUDITOR, {"messaging:compose"}),
    ],
)
def test_the_menu_holds_what_the_role_opens(client: Client, role: Role, closed: set[str]) -> None:
    client.force_login(MemberFactory(role=role))

    menu = client.get(PAGE).content.decode().split("</header>")[0]

    shown = {name for name in ALL_SECTIONS if f'href="{reverse(name)}"' in menu}
    assert shown == ALL_SECTIONS - closed


def test_the_menu_marks_the_section_of_the_page(client: Client) -> None:
    client.force_login(MemberFactory(role=Role.MANAGER))

    page = client.get(reverse("members:members")).content.decode()

    (marked,) = re.findall(r'aria-current="page"\s+href="([^"]+)"', page)
    assert marked == reverse("members:members")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_language_is_chosen_by_the_reader(client: Client, language: str) -> None:
    login = reverse("account_login")

    response = client.post(reverse("set_language"), {"language": language, "next": login})

    assert response.headers["Location"] == login
    assert f'<html lang="{language}">' in client.get(login).content.decode()


def test_the_language_switch_leads_nowhere_foreign(client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "en", "next": "//evil.example"})

    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_page_that_does_not_exist_says_so_in_the_sites_own_look(
    client: Client, signed_in: bool
) -> None:
    if signed_in:
        client.force_login(MemberFactory())

    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert "portal/portal.css" in response.content.decode()


def test_a_form_without_its_token_is_refused_with_advice() -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"))

    assert response.status_code == 403
    assert "error-page" in response.content.decode()


def test_the_page_of_a_fault_needs_nothing_that_may_be_broken(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))

    assert response.status_code == 500
    assert b"portal/portal.css" in response.content


def test_pages_forbid_foreign_and_inline_scripts_and_obey_themselves(client: Client) -> None:
    response = client.get(reverse("account_login"))
    page = response.content.decode()

    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|https?://", page)
