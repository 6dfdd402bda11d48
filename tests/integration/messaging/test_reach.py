"""Whom a message reaches of those picked, and what becomes of the others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.contacts.models import Contact, Group, StopListEntry, StopSource
from portal.delivery.models import Skip, SkippedBecause
from portal.messaging import gathering
from portal.messaging.audience import Audience
from portal.messaging.gathering import audience_gathered, audience_glanced
from portal.messaging.picked import Picked
from portal.messaging.reach import Named, Part, Reach, reach_words
from tests.factories import ContactFactory, GroupFactory, MemberFactory, OrganisationFactory
from tests.integration.messaging.desk import Desk

pytestmark = pytest.mark.django_db

ANNA, BORIS, VERA = "79210000001", "79210000002", "79210000003"
NAMED_WITH_A = {
    "match": "all",
    "rules": [{"kind": "text", "field": "name", "test": "begins", "value": "А"}],
}


@pytest.fixture(params=["listed", "staged"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Audiences are kept in memory, or anything longer than one person in the database."""
    if request.param == "staged":
        monkeypatch.setattr(gathering, "MOST_LISTED", 1)
    return str(request.param)


def shared(desk: Desk, name: str, phone: str, **fields: Any) -> Contact:
    return ContactFactory(organisation=desk.organisation, name=name, phone=phone, **fields)


def own(desk: Desk, name: str, phone: str) -> Contact:
    return shared(desk, name, phone, owner=desk.member)


def group_of(desk: Desk, *people: Contact, **fields: Any) -> Group:
    group = GroupFactory(organisation=desk.organisation, **fields)
    group.contacts.add(*people)
    return group


def stop(desk: Desk, phone: str, reason: str = "", *, everywhere: bool = False) -> None:
    StopListEntry.objects.create(
        organisation=None if everywhere else desk.organisation,
        phone=phone,
        reason=reason,
        source=StopSource.HAND,
    )


def sent_to(desk: Desk) -> list[str]:
    [message] = desk.messages()
    return list(message.recipients.order_by("id").values_list("phone", flat=True))


def seen(audience: Audience) -> tuple[Reach, list[str], list[str]]:
    return audience.reach, list(audience.asked_for()), list(audience.phones())


def test_everybody_picked_is_in_one_part(kept: str, desk: Desk) -> None:
    anna, boris = shared(desk, "Анна", ANNA), shared(desk, "Борис", BORIS)
    nobody = shared(desk, "Глеб", "")
    groups = [group_of(desk, anna, boris, nobody), group_of(desk, boris, nobody)]
    stop(desk, BORIS, "просил не писать")
    picked = Picked(f"{VERA} {ANNA}", (anna.pk,), tuple(group.pk for group in groups))

    with audience_gathered(desk.member, picked) as audience:
        reach, asked_for, sent = seen(audience)

    assert reach == Reach(
        reached=Part(2, (Named(VERA), Named(ANNA, "Анна"))),
        duplicates=Part(4, reach.duplicates.first),
        stopped=Part(1, (Named(BORIS, "Борис", "просил не писать"),)),
        without_number=Part(1, (Named("", "Глеб"),)),
    )
    assert reach.picked == 8
    assert (asked_for, sent) == ([VERA, ANNA, BORIS], [VERA, ANNA])
    assert reach_words(reach) == (
        "Will reach 2 people: 8 picked, 4 duplicates, 1 on the stop list, 1 without a number."
    )


def test_parts_that_are_empty_are_left_out_of_the_words(desk: Desk) -> None:
    assert reach_words(audience_glanced(desk.member, Picked(ANNA)).reach) == "Will reach 1 person."


def test_figures_are_grouped(db: None) -> None:
    reach = Reach(Part(1204), duplicates=Part(31), stopped=Part(9), without_number=Part(6))

    assert reach_words(reach) == (
        "Will reach 1,204 people: 1,250 picked, 31 duplicates, 9 on the stop list, "
        "6 without a number."
    )


def test_a_long_audience_is_estimated_while_one_types_and_counted_before_it_goes(
    kept: str, desk: Desk
) -> None:
    group = group_of(desk, shared(desk, "Анна", ANNA), shared(desk, "Борис", ""))

    live = desk.live(numbers="", groups=[group.pk]).content.decode()
    confirmation = desk.confirm(numbers="", groups=[group.pk]).content.decode()

    assert ("at most about 2 people" in live) is (kept == "staged")
    assert "Will reach 1 person: 2 picked, 1 without a number." in confirmation


def test_stopped_numbers_are_noted_as_skipped_and_not_sent_to(kept: str, desk: Desk) -> None:
    group = group_of(desk, shared(desk, "Анна", ANNA), shared(desk, "Борис", BORIS))
    stop(desk, BORIS, "просил")
    stop(desk, VERA, everywhere=True)

    desk.send(numbers=f"{VERA}, 79219999999", groups=[group.pk])

    assert sent_to(desk) == ["79219999999", ANNA]
    skips = Skip.objects.order_by("phone").values_list("phone", "name", "reason", "note")
    assert list(skips) == [
        (BORIS, "Борис", SkippedBecause.STOP_LIST, "просил"),
        (VERA, "", SkippedBecause.PLATFORM_STOP_LIST, ""),
    ]


def test_the_stop_list_of_another_organisation_stops_nobody_here(kept: str, desk: Desk) -> None:
    StopListEntry.objects.create(
        organisation=OrganisationFactory(), phone=ANNA, source=StopSource.HAND
    )

    desk.send(numbers=f"{ANNA} {BORIS}")

    assert sent_to(desk) == [ANNA, BORIS]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [(f"{ANNA} {BORIS}", "on the stop list"), ("", "has a number")],
)
def test_a_message_that_would_reach_nobody_is_refused_at_the_numbers(
    kept: str, desk: Desk, numbers: str, said: str
) -> None:
    stop(desk, ANNA)
    stop(desk, BORIS)
    group = group_of(desk, shared(desk, "Глеб", ""), shared(desk, "Дина", ""))

    for step in (desk.confirm, desk.send):
        response = step(numbers=numbers, groups=[group.pk])
        [error] = response.context["form"].errors["numbers"]
        assert said in error
    assert desk.messages() == []


def test_archived_contacts_are_not_picked_alone_nor_in_a_group(kept: str, desk: Desk) -> None:
    gone = shared(desk, "Анна", ANNA, archived_at=timezone.now())
    group = group_of(desk, gone, shared(desk, "Борис", BORIS), shared(desk, "Вера", VERA))

    desk.send(numbers="", contacts=[gone.pk], groups=[group.pk])

    assert sent_to(desk) == [BORIS, VERA]


def test_own_contacts_and_groups_are_sent_to_and_those_of_others_are_not(
    kept: str, desk: Desk
) -> None:
    colleague = MemberFactory(organisation=desk.organisation)
    mine = group_of(desk, own(desk, "Анна", ANNA), shared(desk, "Борис", BORIS), owner=desk.member)
    others = shared(desk, "Вера", VERA, owner=colleague)
    of_others = group_of(desk, others, owner=colleague)

    desk.send(numbers="", contacts=[others.pk], groups=[mine.pk, of_others.pk])

    assert sent_to(desk) == [ANNA, BORIS]


def test_the_history_learns_names_of_shared_contacts_alone(kept: str, desk: Desk) -> None:
    people = [own(desk, "Мама", ANNA), own(desk, "Боря", BORIS), shared(desk, "Борис", BORIS)]
    filled_in = desk.filled_in(numbers=VERA, contacts=[person.pk for person in people])
    shared(desk, "Вера", VERA)

    confirmation = desk.confirm(**filled_in).content.decode()
    desk.send(**filled_in)

    assert "Мама" in confirmation
    [message] = desk.messages()
    assert dict(message.recipients.values_list("phone", "name")) == {
        VERA: "Вера",
        ANNA: "",
        BORIS: "Борис",
    }


def test_a_saved_filter_is_asked_when_the_message_goes(kept: str, desk: Desk) -> None:
    group = GroupFactory(organisation=desk.organisation, conditions=NAMED_WITH_A)
    confirmed = desk.filled_in(numbers="", groups=[group.pk])
    shared(desk, "Анна", ANNA)
    own(desk, "Алёна", BORIS)
    shared(desk, "Вера", VERA)
    shared(desk, "Антон", "79210000004")

    desk.send(**confirmed)

    assert sent_to(desk) == [ANNA, "79210000004"]


def test_a_replay_after_a_number_was_stopped_is_the_message_sent_before(
    kept: str, desk: Desk
) -> None:
    filled_in = desk.filled_in(numbers=f"{ANNA} {BORIS}")
    first = desk.send(**filled_in)
    stop(desk, ANNA)
    stop(desk, BORIS)

    again = desk.send(**filled_in)

    assert again.headers["Location"] == first.headers["Location"]
    assert len(desk.messages()) == 1


def test_a_change_of_the_stop_list_after_the_confirmation_is_confirmed_again(
    kept: str, desk: Desk
) -> None:
    filled_in = desk.filled_in(numbers=f"{ANNA} {BORIS}")
    confirmed = desk.confirm(**filled_in).context["fingerprint"]
    stop(desk, ANNA)

    response = desk.send(**filled_in, confirmed=confirmed)

    assert "have changed" in response.content.decode()
    assert desk.messages() == []
    desk.send(**filled_in, confirmed=response.context["fingerprint"])
    assert sent_to(desk) == [BORIS]


def test_a_group_deleted_after_the_confirmation_is_confirmed_again(kept: str, desk: Desk) -> None:
    group = group_of(desk, shared(desk, "Анна", ANNA), shared(desk, "Борис", BORIS))
    filled_in = desk.filled_in(numbers=VERA, groups=[group.pk])
    confirmed = desk.confirm(**filled_in).context["fingerprint"]
    group.delete()

    response = desk.send(**filled_in, confirmed=confirmed)

    assert "have changed" in response.content.decode()
    assert desk.messages() == []


def test_a_renamed_contact_changes_nothing_that_was_confirmed(kept: str, desk: Desk) -> None:
    people = [shared(desk, name, phone) for name, phone in (("Анна", ANNA), ("Борис", BORIS))]
    filled_in = desk.filled_in(numbers="", groups=[group_of(desk, *people).pk])
    confirmed = desk.confirm(**filled_in).context["fingerprint"]
    people[0].given_name = "Яна"
    people[0].save()

    desk.send(**filled_in, confirmed=confirmed)

    assert sent_to(desk) == [ANNA, BORIS]


def test_names_of_each_part_can_be_opened(desk: Desk) -> None:
    twelve = [shared(desk, f"Человек {n:02}", f"792200000{n:02}") for n in range(12)]
    stop(desk, ANNA, "<b>просил</b>")

    page = desk.live(numbers=ANNA, groups=[group_of(desk, *twelve).pk]).content.decode()

    assert page.count("Человек") == 10
    assert "and 2 more" in page
    assert "&lt;b&gt;просил" in page
    assert 'id="reach-stopped"' in page
    assert 'id="reach-without"' not in page


def found(desk: Desk, query: str) -> list[tuple[str, str, str]]:
    response = desk.client.post(reverse("messaging:recipients"), {"q": query})
    return [(one.label, one.whose, one.warning) for one in response.context["found"]]


def test_the_search_tells_whose_it_is_and_what_nothing_is_sent_to(desk: Desk) -> None:
    shared(desk, "Анна Белова", ANNA)
    own(desk, "Анна Власова", BORIS)
    shared(desk, "Анна Громова", "")
    group_of(desk, name="Анны", owner=desk.member)
    stop(desk, BORIS)

    assert found(desk, "анн") == [
        ("Анны", "own", ""),
        ("Анна Белова", "shared", ""),
        ("Анна Власова", "own", "on the stop list"),
        ("Анна Громова", "shared", "no number"),
    ]


def test_nobody_elses_own_and_nobody_archived_is_found(desk: Desk) -> None:
    colleague = MemberFactory(organisation=desk.organisation)
    shared(desk, "Анна", ANNA, owner=colleague)
    shared(desk, "Анна", BORIS, archived_at=timezone.now())
    group_of(desk, name="Анны", owner=colleague)

    assert found(desk, "анн") == []


def test_a_link_to_anothers_own_contact_chooses_nobody(
    desk: Desk, desk_of: Callable[..., Desk]
) -> None:
    colleague = MemberFactory(organisation=desk.organisation)
    others = shared(desk, "Чужая", ANNA, owner=colleague)

    page = desk.client.get(reverse("messaging:compose"), {"contact": others.pk}).content.decode()

    assert "Чужая" not in page
