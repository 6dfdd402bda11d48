import re

import pytest
from allauth.account.adapter import get_adapter
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from tests.factories import PASSWORD, MemberFactory

pytestmark = pytest.mark.django_db

NEW = "another staple entirely"


@pytest.fixture
def newcomer() -> User:
    return MemberFactory(role=Role.AUDITOR, must_change_password=True)


def change_password(client: Client, old: str, new: str, again: str | None = None) -> str:
    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": old, "password1": new, "password2": again or new},
    )
    return response.headers.get("Location") or response.content.decode()


def ask_for_reset(client: Client, email: str) -> str:
    response = client.post(reverse("account_reset_password"), {"email": email})
    return response.headers.get("Location", "")


def link_in(letter: EmailMessage) -> str:
    match = re.search(r"https?://[^/\s]+(/\S+)", str(letter.body))
    assert match
    return match.group(1)


@pytest.mark.parametrize("page", ["home", "contacts:contacts", "members:members"])
def test_a_one_time_password_opens_nothing_but_the_change_of_it(
    client: Client, newcomer: User, page: str
) -> None:
    client.force_login(newcomer)

    response = client.get(reverse(page))

    assert response.headers["Location"] == reverse("account_change_password")


def test_after_choosing_a_password_the_portal_opens_and_the_session_lives(
    client: Client, newcomer: User
) -> None:
    client.force_login(newcomer)

    assert change_password(client, PASSWORD, NEW) == reverse("home")

    newcomer.refresh_from_db()
    assert not newcomer.must_change_password
    assert newcomer.check_password(NEW)
    assert client.get(reverse("members:members")).status_code == 200


def test_a_reset_link_opens_for_who_is_signed_in_with_a_one_time_password(
    client: Client, newcomer: User
) -> None:
    client.force_login(newcomer)

    assert client.get(reverse("account_reset_password")).status_code == 200


def test_the_one_time_password_cannot_be_kept(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)

    assert "invalid-feedback" in change_password(client, PASSWORD, PASSWORD)

    newcomer.refresh_from_db()
    assert newcomer.must_change_password


@pytest.mark.parametrize("must_change", [True, False])
@pytest.mark.parametrize(("new", "again"), [(NEW, "other"), ("12345678", "12345678")])
def test_a_change_with_a_fault_changes_nothing(
    client: Client, newcomer: User, new: str, again: str, must_change: bool
) -> None:
    User.objects.filter(pk=newcomer.pk).update(must_change_password=must_change)
    client.force_login(newcomer)

    change_password(client, PASSWORD, new, again)

    newcomer.refresh_from_db()
    assert newcomer.check_password(PASSWORD)


def test_who_signed_in_with_a_one_time_password_is_not_asked_for_it_again(
    client: Client, newcomer: User
) -> None:
    client.force_login(newcomer)
    page = client.get(reverse("account_change_password")).content.decode()
    assert 'name="oldpassword"' not in page

    client.post(reverse("account_change_password"), {"password1": NEW, "password2": NEW})

    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW)
    assert 'name="oldpassword"' in client.get(reverse("account_change_password")).content.decode()


def test_a_password_of_ones_own_is_changed_only_with_the_old_one(client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)

    for old in ("", "wrong"):
        change_password(client, old, NEW)

    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_a_password_that_breaks_several_rules_gets_one_answer(
    client: Client, newcomer: User
) -> None:
    client.force_login(newcomer)

    page = change_password(client, "", "123")

    assert page.count("invalid-feedback") == 1


def test_a_user_switched_off_amid_a_password_change_stays_off() -> None:
    member = MemberFactory()
    User.objects.filter(pk=member.pk).update(is_active=False)

    get_adapter().set_password(member, NEW)

    member.refresh_from_db()
    assert not member.is_active
    assert member.check_password(NEW)


def test_a_changed_password_is_recorded(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)
    change_password(client, PASSWORD, NEW)

    event = Event.objects.get(action=Action.PASSWORD_CHANGED)

    assert (event.organisation_id, event.actor_id) == (newcomer.organisation_id, newcomer.pk)
    assert NEW not in repr(vars(event))


def test_a_letter_with_a_link_lets_the_user_choose_a_new_password(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    ask_for_reset(client, newcomer.email)
    (letter,) = mailoutbox
    assert letter.to == [newcomer.email]

    form = client.get(link_in(letter), follow=True)
    assert form.status_code == 200
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})

    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW)
    assert not newcomer.must_change_password


def test_a_link_works_once(client: Client, newcomer: User, mailoutbox: list[EmailMessage]) -> None:
    ask_for_reset(client, newcomer.email)
    link = link_in(mailoutbox[0])
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})

    again = Client().get(link, follow=True)

    assert 'name="password1"' not in again.content.decode()
    assert reverse("account_reset_password") in again.content.decode()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_letter_is_written_in_the_language_of_the_page(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage], language: str
) -> None:
    client.post(reverse("set_language"), {"language": language})

    ask_for_reset(client, newcomer.email)

    assert "\n" not in mailoutbox[0].subject
    assert link_in(mailoutbox[0])


def test_an_unknown_and_a_switched_off_address_get_no_letter_and_the_same_page(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    MemberFactory(email="gone@example.com", is_active=False)

    pages = {
        ask_for_reset(client, email)
        for email in ("nobody@example.com", "gone@example.com", newcomer.email)
    }

    assert pages == {reverse("account_reset_password_done")}
    assert [letter.to for letter in mailoutbox] == [[newcomer.email]]


def test_a_mail_server_that_is_down_does_not_tell_which_accounts_exist(
    client: Client, newcomer: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert ask_for_reset(client, newcomer.email) == ask_for_reset(client, "nobody@example.com")


def test_a_letter_asked_for_is_recorded_without_an_actor(client: Client, newcomer: User) -> None:
    ask_for_reset(client, newcomer.email)

    event = Event.objects.get(action=Action.PASSWORD_RESET_ASKED)

    assert (event.actor_id, event.object_id) == (None, str(newcomer.pk))
    assert event.organisation_id == newcomer.organisation_id


def test_asking_for_letters_is_throttled(client: Client, newcomer: User) -> None:
    for _ in range(5):
        ask_for_reset(client, newcomer.email)

    response = client.post(reverse("account_reset_password"), {"email": newcomer.email})

    assert response.status_code == 429


@pytest.mark.parametrize("key", ["x-y", "1-set-password", "zzzzzzzzzzzzzzzzzz-a-b", "0-%00"])
def test_a_made_up_link_says_that_it_does_not_work(client: Client, key: str) -> None:
    response = client.get(f"/account/password/reset/key/{key}/")

    assert response.status_code == 200
    assert 'name="password1"' not in response.content.decode()
