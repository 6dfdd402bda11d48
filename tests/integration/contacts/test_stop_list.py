"""The stop list: its pages, who may change it, and what of it the audit trail learns."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.models import (
    Contact,
    ImportStage,
    ImportTarget,
    StopListEntry,
    StopSource,
)
from portal.contacts.stop_list import pages
from portal.contacts.stop_list.pages import stop_list_page
from portal.contacts.stop_list.reads import numbers_stopped, stops_of
from portal.contacts.stop_list.services import stop_list_add, stop_list_remove, stop_list_take_back
from portal.core.errors import Conflict, Refused
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    MemberFactory,
    OrganisationFactory,
    StopFactory,
    import_made,
)

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("contacts:stop_list"), reverse("contacts:stop_list_add")


@pytest.fixture
def manager() -> User:
    member: User = MemberFactory(role=Role.MANAGER)
    return member


@pytest.fixture
def browser(manager: User) -> Client:
    return browser_of(manager)


def browser_of(member: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(member)
    return browser


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return text


def remove_url(entry: StopListEntry) -> str:
    return reverse("contacts:stop_list_remove", args=[entry.pk])


def phones_on(page: Any) -> list[str]:
    return [entry.phone for entry in page.items]


def test_pasted_numbers_in_any_spelling_come_on_the_list_once(
    browser: Client, manager: User
) -> None:
    pasted = "8 (921) 000-00-00\n+7 921 000-00-00, 9210000001"

    response = browser.post(ADD, {"numbers": pasted, "reason": "Asked us to."}, follow=True)

    entries = StopListEntry.objects.order_by("phone")
    assert [entry.phone for entry in entries] == ["79210000000", "79210000001"]
    assert {(entry.reason, entry.source, entry.added_by) for entry in entries} == {
        ("Asked us to.", StopSource.HAND, manager)
    }
    assert "2 numbers have been put on the stop list." in text_of(response)


def test_each_bad_number_is_named_with_its_reason_and_the_rest_stay_in_the_form(
    browser: Client,
) -> None:
    response = browser.post(ADD, {"numbers": "8 921 000-00-00\n7921OOO\n7921", "reason": ""})

    text = text_of(response)
    assert "7921OOO: There is a letter" in text
    assert "7921: " in text
    assert "8 921 000-00-00" in text
    assert not StopListEntry.objects.exists()


def test_a_number_that_is_on_it_keeps_its_entry(browser: Client, manager: User) -> None:
    StopFactory(organisation=manager.organisation, phone="79210000000", reason="First.")

    response = browser.post(ADD, {"numbers": "89210000000", "reason": "Second."}, follow=True)

    assert "1 number was on the stop list already." in text_of(response)
    assert StopListEntry.objects.get().reason == "First."


def test_the_newest_come_first_the_platform_s_among_them(manager: User) -> None:
    now = timezone.now()
    made = [
        StopFactory(
            organisation=manager.organisation if place % 2 else None,
            created_at=now - timedelta(minutes=place),
        ).phone
        for place in range(5)
    ]
    StopFactory()
    for phone in made:
        ContactFactory(organisation=manager.organisation, phone=phone)

    found, cursor = [], None
    for _page in range(3):
        page = stop_list_page(member=manager, query="", cursor=cursor, size=2)
        found += phones_on(page)
        cursor = page.next_cursor

    assert found == made
    assert cursor is None


@pytest.mark.parametrize("query", ["8 (921) 55", "+7 921 55", "921-55", "792155"])
def test_a_number_is_found_by_its_beginning_in_any_spelling(manager: User, query: str) -> None:
    StopFactory(organisation=manager.organisation, phone="79215500001")
    StopFactory(organisation=None, phone="79215500000")
    StopFactory(organisation=manager.organisation, phone="79315500000")
    StopFactory(phone="79215500002")
    ContactFactory(organisation=manager.organisation, phone="79215500000")

    page = stop_list_page(member=manager, query=query)

    assert phones_on(page) == ["79215500000", "79215500001"]


def test_a_search_without_digits_finds_none(manager: User) -> None:
    StopFactory(organisation=manager.organisation)

    assert not stop_list_page(member=manager, query="(+)").items


def test_of_the_platform_s_numbers_those_of_contacts_that_the_member_sees_are_shown(
    manager: User,
) -> None:
    colleague = MemberFactory(organisation=manager.organisation)
    now = timezone.now()
    phones = [
        StopFactory(organisation=None, created_at=now - timedelta(minutes=place)).phone
        for place in range(5)
    ]
    ContactFactory(organisation=manager.organisation, phone=phones[0])
    ContactFactory(organisation=manager.organisation, phone=phones[1], owner=manager)
    ContactFactory(organisation=manager.organisation, phone=phones[2], owner=colleague)
    ContactFactory(phone=phones[3])

    assert phones_on(stop_list_page(member=manager, query="")) == phones[:2]


@pytest.mark.parametrize("query", ["8 921 550-00-00", "+79215500000", "9215500000"])
def test_whoever_asks_by_the_whole_number_learns_whether_it_is_stopped(
    browser: Client, manager: User, query: str
) -> None:
    StopFactory(organisation=None, phone="79215500000")

    assert phones_on(stop_list_page(member=manager, query=query)) == ["79215500000"]
    assert not stop_list_page(member=manager, query=query[:-1]).items
    assert 'type="search"' in text_of(browser.get(LIST))
    assert "+7 921 550-00-00" in text_of(browser.get(LIST, {"q": query}))


def test_many_numbers_of_others_are_looked_through_in_stretches(
    browser: Client, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PLATFORM_LOOKED_THROUGH", 3)
    now = timezone.now()
    made = [
        StopFactory(
            organisation=manager.organisation if place == 7 else None,
            created_at=now - timedelta(minutes=place),
        ).phone
        for place in range(10)
    ]
    for phone in (made[0], made[5], made[9]):
        ContactFactory(organisation=manager.organisation, phone=phone)

    found, cursor = [], None
    for _page in range(20):
        page = stop_list_page(member=manager, query="", cursor=cursor)
        found += phones_on(page)
        if (cursor := page.next_cursor) is None:
            break

    assert found == [made[0], made[5], made[7], made[9]]
    Contact.objects.all().delete()
    assert "There are more to look through." in text_of(browser.get(LIST))


def test_the_list_shows_why_since_when_and_who(browser: Client, manager: User) -> None:
    StopFactory(
        organisation=manager.organisation,
        phone="79210000000",
        reason="<b>Asked</b>",
        added_by=manager,
    )
    StopFactory(organisation=None, phone="79210000001", added_by=AdministratorFactory(name="Root"))
    ContactFactory(organisation=manager.organisation, phone="79210000001")

    text = text_of(browser.get(LIST))

    assert "+7 921 000-00-00" in text
    assert "&lt;b&gt;Asked&lt;/b&gt;" in text
    assert manager.name in text
    assert "on the portal’s stop list" in text
    assert "Root" not in text


def test_the_list_names_the_file_that_an_entry_came_from(browser: Client, manager: User) -> None:
    import_made(manager, "Телефон\n89210000001\n", ImportStage.DONE, target=ImportTarget.STOP_LIST)
    assert "list.csv" in text_of(browser.get(LIST))

    stop_list_add(
        organisation=manager.organisation,
        phones=["79210000001"],
        reason="",
        source=StopSource.HAND,
        actor=manager,
    )
    assert "list.csv" not in text_of(browser.get(LIST))


def test_taking_off_needs_a_reason_and_is_audited_without_the_number(
    browser: Client, manager: User
) -> None:
    entry = StopFactory(organisation=manager.organisation, phone="79210000000")

    browser.post(remove_url(entry), {"reason": " "})
    assert StopListEntry.objects.exists()

    browser.post(remove_url(entry), {"reason": "8 921 000-00-00 wrote to us again"})
    assert not StopListEntry.objects.exists()
    event = Event.objects.get(action=Action.DELETED)
    assert event.details == {"reason": "… wrote to us again"}
    assert (event.object_label, event.actor_label) == (
        f"stop list entry {entry.pk}",
        manager.email,
    )


@pytest.mark.parametrize(
    "written",
    [
        "8.921.123.45.67",
        "8/921/123/45/67",
        "8\N{NO-BREAK SPACE}921\N{NO-BREAK SPACE}123",
        "+7 (921) 123\N{EN DASH}45\N{EN DASH}67",
        "٨٩٢١١٢٣٤٥٦٧",
        "8_921_123_45_67",
        "8 - 921 - 123",
        "8\N{ZERO WIDTH SPACE}921\N{ZERO WIDTH SPACE}123",
    ],
)
def test_a_number_in_a_reason_stays_out_of_the_trail_however_it_is_written(
    manager: User, written: str
) -> None:
    entry = StopFactory(organisation=manager.organisation, phone="79211234567")

    stop_list_remove(entry=entry, reason=f"Wrote from {written}, agreed in 2024", actor=manager)

    reason = Event.objects.get(action=Action.DELETED).details["reason"]
    assert reason.replace("+", "") == "Wrote from …, agreed in 2024"


def test_adding_is_audited_without_numbers(manager: User) -> None:
    stop_list_add(
        organisation=manager.organisation,
        phones=["79210000000", "79210000001"],
        reason="",
        source=StopSource.HAND,
        actor=manager,
    )

    event = Event.objects.get(action=Action.CREATED, object_label="stop list")
    assert event.details == {"added": 2, "known": 0, "source": "hand"}


def test_a_sender_adds_and_does_not_take_off(manager: User) -> None:
    browser = browser_of(MemberFactory(organisation=manager.organisation))
    entry = StopFactory(organisation=manager.organisation)

    browser.post(ADD, {"numbers": "89210000000", "reason": ""})

    assert StopListEntry.objects.count() == 2
    assert browser.post(remove_url(entry), {"reason": "No"}).status_code == 403
    assert remove_url(entry) not in text_of(browser.get(LIST))


@pytest.mark.parametrize("is_platform_wide", [False, True])
def test_others_entries_are_not_there_to_be_taken_off(
    browser: Client, manager: User, is_platform_wide: bool
) -> None:
    entry = StopFactory(organisation=None if is_platform_wide else OrganisationFactory())

    assert browser.post(remove_url(entry), {"reason": "No"}).status_code == 404
    assert remove_url(entry) not in text_of(browser.get(LIST))
    with pytest.raises(Refused):
        stop_list_remove(entry=entry, reason="No", actor=manager)
    assert StopListEntry.objects.exists()


def test_a_member_stops_nothing_for_the_platform_nor_for_others(manager: User) -> None:
    for organisation in (None, OrganisationFactory()):
        with pytest.raises(Refused):
            stop_list_add(
                organisation=organisation,
                phones=["79210000000"],
                reason="",
                source=StopSource.HAND,
                actor=manager,
            )


def test_what_is_gone_cannot_be_taken_off_twice(manager: User) -> None:
    entry = StopFactory(organisation=manager.organisation)
    stop_list_remove(entry=entry, reason="No", actor=manager)

    with pytest.raises(Conflict):
        stop_list_remove(entry=entry, reason="No", actor=manager)


def test_an_organisation_s_own_reason_goes_before_the_platform_s(manager: User) -> None:
    assert manager.organisation_id is not None
    for organisation, reason in ((None, "Theirs"), (manager.organisation, "Ours")):
        StopFactory(organisation=organisation, phone="79210000000", reason=reason)
    StopFactory(organisation=None, phone="79210000001", reason="Theirs")
    StopFactory(phone="79210000002")
    phones = ["79210000000", "79210000001", "79210000002"]

    assert numbers_stopped(manager.organisation_id, phones) == {
        "79210000000": "Ours",
        "79210000001": "Theirs",
    }
    found = stops_of(manager.organisation_id, phones)
    assert [stop.is_platform_wide for stop in found.values()] == [False, True]


def test_an_import_takes_back_its_own_entries_alone(manager: User) -> None:
    assert manager.organisation is not None
    made, by_hand = (
        stop_list_add(
            organisation=manager.organisation,
            phones=[phone],
            reason="",
            source=source,
            actor=manager,
        ).entry_ids
        for phone, source in (
            ("79210000000", StopSource.IMPORT),
            ("79210000001", StopSource.HAND),
        )
    )

    taken = stop_list_take_back(
        organisation=manager.organisation, entry_ids=made + by_hand, actor=manager
    )

    assert taken == 1
    assert list(StopListEntry.objects.values_list("pk", flat=True)) == by_hand
