"""A text is tried on its author's own phone first."""

import re
from typing import Any

import pytest
from django.urls import reverse

from portal.messaging.models import OwnNumber
from tests.factories import ContactFactory, StopFactory
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db

KEY = "c" * 32


def trial(desk: Desk, **changes: Any) -> str:
    typed = desk.filled_in(**{"own_number": "8 921 555-44-33", "trial_key": KEY, **changes})
    answer = desk.client.post(reverse("messaging:trial"), typed, headers={"HX-Request": "true"})
    return answer.content.decode()


def sent_to(desk: Desk) -> list[tuple[str, str]]:
    return [
        (recipient.phone, message.text)
        for message in desk.messages()
        for recipient in message.recipients.all()
    ]


def test_the_text_goes_to_the_author_alone_and_the_number_is_remembered(desk: Desk) -> None:
    page = trial(desk)

    assert "was put into the queue" in page
    assert sent_to(desk) == [("79215554433", "Привет, мир!")]
    assert OwnNumber.objects.get(member=desk.member).phone == "79215554433"
    assert "+7 921 555-44-33" in desk.client.get(reverse("messaging:compose")).content.decode()


def test_pressed_twice_one_test_goes_and_the_next_one_is_another(desk: Desk) -> None:
    page = trial(desk)
    trial(desk)
    [next_key] = re.findall(r'name="trial_key" value="([0-9a-f]{32})"', page)

    assert len(desk.messages()) == 1
    trial(desk, trial_key=next_key)
    assert len(desk.messages()) == 2


def test_a_personal_text_is_that_of_the_first_recipient(desk: Desk) -> None:
    anna = ContactFactory(organisation=desk.organisation, given_name="Анна", name="Анна")

    trial(desk, text="{name}, ждём вас", numbers="", contacts=[anna.pk])

    assert sent_to(desk) == [("79215554433", "Анна, ждём вас")]


def test_a_value_that_is_missing_is_named(desk: Desk) -> None:
    page = trial(desk, text="{name}, ждём вас")

    assert "no value for “name”" in page
    assert desk.messages() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"own_number": ""}, "Write your own number."),
        ({"own_number": "79210000000, 79210000001"}, "Write one number."),
        ({"own_number": "7921123456"}, "10 instead of 11"),
        ({"text": "Password=1"}, "would read as a command"),
        ({"sender": "FOREIGN"}, "Choose one of the approved sender names."),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is(
    desk: Desk, changes: dict[str, str], words: str
) -> None:
    assert words in trial(desk, **changes)
    assert desk.messages() == []
    assert not OwnNumber.objects.exists()


def test_a_stopped_number_gets_no_test(desk: Desk) -> None:
    StopFactory(organisation=desk.organisation, phone="79215554433")

    assert "on the stop list" in trial(desk)
    assert desk.messages() == []


def test_without_scripts_the_whole_form_comes_back(desk: Desk) -> None:
    typed = desk.filled_in(own_number="8 921 555-44-33", trial_key=KEY)

    page = desk.client.post(reverse("messaging:trial"), typed)

    assert page.context["form"]["text"].value() == "Привет, мир!"
    assert "was put into the queue" in page.content.decode()
