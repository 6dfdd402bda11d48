"""What every answer tells the browser: policy, frames, cookies, language."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.factories import PASSWORD, AdministratorFactory, MemberFactory

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
PAGES = ["/account/login/", "/members/", "/contacts/", "/history/", "/admin/", "/no/such/page/"]


@pytest.fixture(params=["anonymous", "manager", "administrator"])
def browser(request: pytest.FixtureRequest) -> Client:
    browser = Client()
    if request.param == "manager":
        browser.force_login(MemberFactory(role=Role.MANAGER))
    elif request.param == "administrator":
        browser.force_login(AdministratorFactory())
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_is_guarded(browser: Client, page: str) -> None:
    headers = browser.get(page).headers

    policy = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
    assert policy >= POLICY
    assert not {word for word in ("unsafe", "http:", "https:", "*") if word in str(policy)}
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in headers
    assert "X-Powered-By" not in headers


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: Client) -> None:
    member: User = MemberFactory()

    response = client.post(reverse("account_login"), {"login": member.email, "password": PASSWORD})

    session = response.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert response.cookies["csrftoken"]["samesite"] == "Lax"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en-GB,en;q=0.9", "en"),
        ("de,en;q=0.5", "en"),
        ("de", "ru"),
        ("", "ru"),
        ("%%%", "ru"),
    ],
)
def test_the_browsers_language_is_spoken_and_russian_otherwise(
    client: Client, settings: Settings, accepted: str, language: str
) -> None:
    settings.LANGUAGE_CODE = "ru"

    response = client.get(reverse("account_login"), headers={"accept-language": accepted})

    assert f'<html lang="{language}">' in response.content.decode()
    assert response.headers["Content-Language"] == language


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_language_once_chosen_outweighs_the_browsers(
    client: Client, signed_in: bool, language: str
) -> None:
    page = reverse("account_reset_password")
    if signed_in:
        client.force_login(MemberFactory())
        page = reverse("contacts:contacts")
    other = {"ru": "en", "en": "ru"}[language]

    client.post(reverse("set_language"), {"language": language, "next": page})

    response = client.get(page, headers={"accept-language": other})
    assert f'<html lang="{language}">' in response.content.decode()


def test_an_unknown_language_changes_nothing(client: Client) -> None:
    response = client.post(reverse("set_language"), {"language": "xx"})

    assert response.status_code == 302
    assert "django_language" not in response.cookies
