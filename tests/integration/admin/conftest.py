import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from tests.factories import AdministratorFactory


@pytest.fixture(autouse=True)
def english(settings: Settings) -> None:
    """What the pages say is compared with the program's own words."""
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def administrator() -> User:
    return AdministratorFactory(email="root@example.com")


@pytest.fixture
def office(administrator: User) -> Client:
    """A browser that an administrator signed in with."""
    browser = Client()
    browser.force_login(administrator)
    return browser
