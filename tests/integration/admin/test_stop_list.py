"""Administrators keep the platform's stop list."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from portal.audit.models import Action, Event
from portal.contacts.models import StopListEntry, StopSource
from tests.factories import OrganisationFactory, StopFactory
from tests.integration.admin.pages import errors_of, messages_of, page_url, press, text_of

pytestmark = pytest.mark.django_db


def test_a_number_is_stopped_for_everybody_in_any_spelling(office: Client) -> None:
    OrganisationFactory()

    office.post(page_url(StopListEntry, "add"), {"numbers": "8 (921) 000-00-00", "reason": "Court"})

    entry = StopListEntry.objects.get()
    assert (entry.organisation, entry.phone, entry.reason) == (None, "79210000000", "Court")
    assert entry.source == StopSource.ADMINISTRATOR
    event = Event.objects.get(action=Action.CREATED, object_label=f"stop list entry {entry.pk}")
    assert event.organisation_id == 0
    assert "79210000000" not in str(event.details)


def test_a_number_is_stopped_once(office: Client) -> None:
    OrganisationFactory()
    StopFactory(organisation=None, phone="79210000000")

    response = office.post(page_url(StopListEntry, "add"), {"numbers": "89210000000", "reason": ""})

    assert "numbers" in errors_of(response)


def test_a_bad_number_is_refused_with_its_reason(office: Client) -> None:
    OrganisationFactory()

    response = office.post(page_url(StopListEntry, "add"), {"numbers": "7921OOO", "reason": ""})

    assert "letter" in errors_of(response)["numbers"][0]


def test_many_numbers_come_on_the_list_at_once_each_once(office: Client) -> None:
    OrganisationFactory()
    StopFactory(organisation=None, phone="79210000000", reason="First")
    pasted = "8 (921) 000-00-00\n+7 921 000-00-01, 9210000002"

    response = office.post(
        page_url(StopListEntry, "add"), {"numbers": pasted, "reason": "Court"}, follow=True
    )

    reasons = StopListEntry.objects.order_by("phone").values_list("reason", flat=True)
    assert list(reasons) == ["First", "Court", "Court"]
    assert messages_of(response) == [
        "2 numbers have been put on the stop list.",
        "1 number was on the stop list already.",
    ]


def test_where_one_number_is_bad_none_is_taken_and_each_bad_one_is_named(office: Client) -> None:
    OrganisationFactory()
    pasted = "8 921 000-00-00\n7921OOO\n7921"

    response = office.post(page_url(StopListEntry, "add"), {"numbers": pasted, "reason": ""})

    first, second = errors_of(response)["numbers"]
    assert first.startswith("7921OOO: There is a letter")
    assert second.startswith("7921: ")
    assert not StopListEntry.objects.exists()


def test_the_pages_say_whose_list_it_is_and_who_reads_the_reason(office: Client) -> None:
    entry = StopFactory(organisation=None, phone="79210000000")
    pages = [text_of(office.get(page_url(StopListEntry, name))) for name in ("changelist", "add")]

    for page in pages:
        assert "Stop list of the whole portal" in page
        assert "It holds for all organisations" in page
    assert "see the reason" in pages[1]
    assert "+7 921 000-00-00" in text_of(office.get(page_url(entry, "change")))
    assert ">79210000000<" not in text_of(office.get(page_url(entry, "change")))


def test_every_page_names_the_list_as_that_of_the_whole_portal(office: Client) -> None:
    page = text_of(office.get(reverse("admin:index")))
    link = reverse("admin:contacts_stoplistentry_changelist")
    assert re.search(rf'href="{link}"[^>]*>\s*Stop list of the whole portal', page)


def test_the_list_is_the_platform_s_alone_and_searched_by_a_number_s_beginning(
    office: Client,
) -> None:
    StopFactory(organisation=None, phone="79210000000")
    StopFactory(organisation=None, phone="79310000000")
    own = StopFactory(phone="79210000001")

    listed = text_of(office.get(page_url(StopListEntry, "changelist"), {"q": "8 921"}))

    assert "+7 921 000-00-00" in listed
    assert "+7 931 000-00-00" not in listed
    assert own.phone_display not in text_of(office.get(page_url(StopListEntry, "changelist")))


def test_taking_off_needs_a_reason(office: Client) -> None:
    entry = StopFactory(organisation=None)

    assert "reason" in errors_of(press(office, entry, "remove", reason=" "))
    response = press(office, entry, "remove", reason="Mistake")

    assert not StopListEntry.objects.exists()
    assert messages_of(response)
    assert Event.objects.get(action=Action.DELETED).details == {"reason": "Mistake"}
