"""The people of the demo organisation and their passwords."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.quickstart.demo import MANAGER, Login, demo_create, demo_new_passwords

pytestmark = pytest.mark.django_db


def signs_in(login: Login) -> bool:
    browser = Client()
    browser.post(
        reverse("account_login"), {"login": login.email, "password": login.password}, follow=True
    )
    return "_auth_user_id" in browser.session


def test_new_passwords_take_the_place_of_forgotten_ones_and_open_the_portal_at_once() -> None:
    first = demo_create()

    new = demo_new_passwords()

    assert [one.email for one in new] == [one.email for one in first]
    assert [one.role for one in new] == [one.role for one in first]
    assert not signs_in(first[0])
    for login in new:
        assert signs_in(login)


def test_without_a_demo_nobody_gets_a_password() -> None:
    assert demo_new_passwords() == []


def test_the_manager_of_the_demo_chooses_no_password_first(client: Client) -> None:
    demo_create()
    (manager,) = [one for one in demo_new_passwords() if one.email == MANAGER]
    client.post(reverse("account_login"), {"login": MANAGER, "password": manager.password})

    assert client.get(reverse("history:messages")).status_code == 200
