"""The same text to the same people: the author is told before it goes."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from portal.delivery.models import Envelope, State
from portal.messaging.same_text import SameText, same_text_lately
from tests.factories import MemberFactory, submit_message
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db


def found(desk: Desk, *phones: str, text: str = "Привет, мир!") -> SameText | None:
    return same_text_lately(
        organisation_id=desk.organisation.pk, text=text, phones=phones, now=timezone.now()
    )


def test_who_got_the_text_lately_is_counted_once(desk: Desk) -> None:
    submit_message(desk.member, "79210000000", "79210000001")
    last = submit_message(desk.member, "79210000001", "79210000009")

    assert found(desk, "79210000001", "79210000000", "79210000002") == SameText(
        2, 3, last.created_at
    )


def test_another_text_other_people_and_another_organisation_do_not_count(desk: Desk) -> None:
    submit_message(desk.member, text="Привет")
    submit_message(desk.member, "79210000001")
    submit_message(MemberFactory())

    assert found(desk, "79210000000") is None


def test_a_day_later_it_is_forgotten(desk: Desk) -> None:
    submit_message(desk.member)

    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert found(desk, "79210000000") is None


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED, State.EXPIRED])
def test_what_was_not_sent_does_not_count(desk: Desk, state: State) -> None:
    submit_message(desk.member)
    Envelope.objects.update(state=state)

    assert found(desk, "79210000000") is None


def test_of_a_long_audience_the_first_are_asked(desk: Desk) -> None:
    message = submit_message(desk.member)
    numbers = [f"7921{number:07}" for number in range(3000)]

    assert found(desk, *numbers) == SameText(1, 1000, message.created_at)


def test_the_page_before_sending_warns_and_lets_send(desk: Desk) -> None:
    desk.send()

    page = desk.confirm(numbers="79210000000\n79210000001").content.decode()

    assert "1 of these recipients was sent the same text within the last 24 hours" in page
    assert "Send to 2 recipients" in page
    desk.send()
    assert len(desk.messages()) == 2


def test_a_new_text_is_no_reason_to_warn(desk: Desk) -> None:
    desk.send()

    assert "within the last 24 hours" not in desk.confirm(text="Другое").content.decode()
