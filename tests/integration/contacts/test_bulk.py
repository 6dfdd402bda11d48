"""What one person does to many contacts at once."""

from collections.abc import Collection

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.contacts.bulk import services as bulk
from portal.contacts.bulk import work as bulk_work
from portal.contacts.bulk.effects import Skip
from portal.contacts.bulk.services import bulk_cancel, bulk_start
from portal.contacts.bulk.work import bulk_go_on, bulk_sweep
from portal.contacts.lists.query import list_query
from portal.contacts.models import BulkAction, BulkKind, BulkState, Contact, Group, StopListEntry
from portal.core.errors import Refused
from tests.factories import ContactFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db

ASK, BEGIN, LIST = (reverse(f"contacts:{name}") for name in ("bulk", "bulk_begin", "contacts"))


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory(role=Role.SENDER)
    client.force_login(member)
    return member


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Nobody answers the doorbell."""
    rung: list[int] = []
    for module in (bulk, bulk_work):
        monkeypatch.setattr(module, "ring_bulk", rung.append)
    return rung


def people(member: User, count: int = 3, **fields: object) -> list[Contact]:
    return list(ContactFactory.create_batch(count, organisation=member.organisation, **fields))


def ids(contacts: Collection[Contact]) -> list[int]:
    return [contact.pk for contact in contacts]


def done(member: User, kind: BulkKind, contacts: Collection[Contact], **more: object) -> BulkAction:
    return bulk_start(actor=member, kind=kind, chosen=ids(contacts), **more)  # type: ignore[arg-type]


def test_contacts_are_added_to_a_group_and_taken_out_again(member: User) -> None:
    group = GroupFactory(organisation=member.organisation)
    made = people(member)
    group.contacts.add(made[0])

    added = done(member, BulkKind.ADD_TO_GROUP, made, group=group)
    assert (added.state, added.done_count, added.skipped) == ("done", 2, {Skip.ALREADY: 1})
    assert set(group.contacts.all()) == set(made)

    taken = done(member, BulkKind.TAKE_OUT_OF_GROUP, made[:2], group=group)
    assert (taken.done_count, taken.skipped) == (2, {})
    assert list(group.contacts.all()) == made[2:]


def test_own_contacts_stay_out_of_a_shared_group(member: User) -> None:
    group = GroupFactory(organisation=member.organisation)
    made = [*people(member, 1), *people(member, 2, owner=member)]

    action = done(member, BulkKind.ADD_TO_GROUP, made, group=group)

    assert (action.done_count, action.skipped) == (1, {Skip.OWN_IN_SHARED_GROUP: 2})


def test_sharing_leaves_a_number_that_is_shared_already(member: User) -> None:
    [twin] = people(member, 1)
    own = people(member, 2, owner=member)
    [double] = people(member, 1, owner=member, phone=twin.phone)

    action = done(member, BulkKind.SHARE, [*own, double, twin])

    assert (action.done_count, action.skipped) == (2, {Skip.NUMBER_SHARED: 1, Skip.ALREADY: 1})
    assert list(Contact.objects.filter(owner=member)) == [double]
    assert Contact.objects.filter(pk__in=ids(own), shelf=0).count() == 2


def test_contacts_go_to_the_archive_and_come_back(member: User) -> None:
    made = people(member)

    assert done(member, BulkKind.ARCHIVE, made).done_count == 3
    assert not Contact.objects.in_use().exists()
    back = done(member, BulkKind.RESTORE, made)

    assert (back.done_count, Contact.objects.in_use().count()) == (3, 3)
    assert done(member, BulkKind.RESTORE, made).skipped == {Skip.ALREADY: 3}


def begun(client: Client, chosen: Collection[Contact], **more: object) -> str:
    """What stands on the page that follows."""
    given = {"kind": "add_to_group", "chosen": [contact.pk for contact in chosen], **more}
    return client.post(BEGIN, given, follow=True).content.decode()


@pytest.mark.parametrize("is_own", [False, True])
def test_contacts_are_added_to_a_group_that_is_made_for_them(
    client: Client, member: User, is_own: bool
) -> None:
    begun(client, people(member), new_group="Новые", **({"is_own": "on"} if is_own else {}))

    group = Group.objects.get(name="Новые")
    assert (group.contacts.count(), group.owner_id is not None) == (3, is_own)


def test_a_new_groups_name_that_is_taken_is_refused(client: Client, member: User) -> None:
    group = GroupFactory(organisation=member.organisation, name="Новые")

    page = begun(client, people(member), new_group="Новые")

    assert "There is a group of this name already." in page
    assert not group.contacts.exists()


@pytest.mark.parametrize("is_both", [False, True])
def test_a_group_and_a_new_one_are_chosen_between(
    client: Client, member: User, is_both: bool
) -> None:
    both = {"group": GroupFactory(organisation=member.organisation).pk, "new_group": "x"}

    page = begun(client, people(member), **(both if is_both else {}))

    assert "Choose a group, or name a new one." in page
    assert not BulkAction.objects.exists()


def test_what_the_archive_means_is_said_before(client: Client, member: User) -> None:
    chosen = [contact.pk for contact in people(member)]

    page = client.post(ASK, {"kind": "archive", "chosen": chosen}).content.decode()

    assert "They can be brought back." in page


def test_numbers_go_on_the_stop_list_with_the_reason(member: User) -> None:
    made = [*people(member, 2), *people(member, 1, phone="")]
    StopListEntry.objects.create(
        organisation=member.organisation, phone=made[0].phone, source="hand"
    )

    action = done(member, BulkKind.STOP, made, reason="Просили не писать")

    assert (action.done_count, action.skipped) == (1, {Skip.ALREADY: 1, Skip.NUMBERLESS: 1})
    assert StopListEntry.objects.get(phone=made[1].phone).reason == "Просили не писать"


def test_contacts_are_deleted(member: User) -> None:
    made, others = people(member), people(member, 2)

    assert done(member, BulkKind.DELETE, made).done_count == 3
    assert set(Contact.objects.all()) == set(others)


def test_what_others_have_is_skipped(member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    foreign = [ContactFactory(), *people(member, 1, owner=colleague)]

    action = done(member, BulkKind.DELETE, [*foreign, *people(member, 1)])

    assert (action.done_count, action.skipped) == (1, {Skip.GONE: 2})
    assert set(Contact.objects.all()) == set(foreign)


@pytest.mark.parametrize("whose", ["organisation", "colleague", "filter"])
def test_a_group_that_is_not_ones_to_pick_into_is_refused(member: User, whose: str) -> None:
    group = {
        "organisation": lambda: GroupFactory(),
        "colleague": lambda: GroupFactory(
            organisation=member.organisation,
            owner=MemberFactory(organisation=member.organisation),
        ),
        "filter": lambda: GroupFactory(organisation=member.organisation, conditions={}),
    }[whose]()

    with pytest.raises(Refused):
        done(member, BulkKind.ADD_TO_GROUP, people(member), group=group)


def test_all_that_match_means_those_of_the_search_alone(member: User) -> None:
    found = people(member, 3, name="Анна")
    others = people(member, 2, name="Яна")

    action = bulk_start(
        actor=member, kind=BulkKind.ARCHIVE, matching=list_query(member, {"q": "анн"})
    )

    assert (action.done_count, action.total) == (3, 3)
    assert set(Contact.objects.in_use()) == set(others)
    assert Contact.objects.exclude(archived_at=None).count() == len(found)


def test_many_wait_for_a_worker_and_go_on_where_one_has_died(
    member: User, rings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(bulk_work, "STEP", 2)
    people(member, 5)

    action = bulk_start(actor=member, kind=BulkKind.ARCHIVE, matching=list_query(member, {}))
    assert (action.state, action.done_count, rings) == (BulkState.WAITING, 0, [action.pk])

    bulk_go_on(action.pk, seconds=0)
    action.refresh_from_db()
    assert (action.state, action.done_count, action.total) == (BulkState.WAITING, 2, 5)
    assert rings == [action.pk] * 2
    ContactFactory(organisation=member.organisation, name="Новая")

    bulk_sweep(now=timezone.now())
    assert rings == [action.pk] * 3
    bulk_go_on(action.pk)
    action.refresh_from_db()
    assert (action.state, action.done_count) == (BulkState.DONE, 5)
    assert [contact.name for contact in Contact.objects.in_use()] == ["Новая"]


def test_a_stopped_action_keeps_what_is_done_and_does_no_more(
    member: User, rings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(bulk_work, "STEP", 2)
    people(member, 5)
    action = bulk_start(actor=member, kind=BulkKind.DELETE, matching=list_query(member, {}))
    bulk_go_on(action.pk, seconds=0)

    bulk_cancel(action=action, actor=member)
    bulk_go_on(action.pk)

    action.refresh_from_db()
    assert (action.state, action.done_count) == (BulkState.CANCELLED, 2)
    assert Contact.objects.count() == 3
    assert Event.objects.get(object_type="contacts.bulkaction").details["state"] == "cancelled"


@pytest.mark.parametrize(
    "change", [{"role": Role.AUDITOR}, {"is_active": False}], ids=["demoted", "switched off"]
)
def test_rights_are_asked_again_in_the_worker(
    member: User, rings: list[int], monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 0)
    people(member, 2)
    action = bulk_start(actor=member, kind=BulkKind.DELETE, matching=list_query(member, {}))
    User.objects.filter(pk=member.pk).update(**change)

    bulk_go_on(action.pk)

    action.refresh_from_db()
    assert (action.state, Contact.objects.count()) == (BulkState.FAILED, 2)


@pytest.mark.parametrize("gone", ["group", "filter"])
def test_what_is_gone_meanwhile_ends_it_early(
    member: User, rings: list[int], monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 0)
    group: Group = GroupFactory(organisation=member.organisation)
    group.contacts.add(*people(member, 2))
    matching = list_query(member, {"group": str(group.pk)} if gone == "filter" else {})
    kind = BulkKind.DELETE if gone == "filter" else BulkKind.TAKE_OUT_OF_GROUP
    action = bulk_start(
        actor=member, kind=kind, matching=matching, group=group if gone == "group" else None
    )
    group.delete()

    bulk_go_on(action.pk)

    action.refresh_from_db()
    assert (action.state, Contact.objects.count()) == (BulkState.FAILED, 2)


def test_the_trail_has_one_event_without_names_and_numbers(member: User) -> None:
    made = people(member, 3, name="Тайна")

    done(member, BulkKind.ARCHIVE, made)

    event = Event.objects.get(object_type="contacts.bulkaction")
    assert event.details["done"] == 3
    assert event.details["ids"] == ids(made)
    written = repr(vars(event))
    assert "Тайна" not in written
    assert made[0].phone not in written


def test_a_selection_is_asked_about_and_then_done(client: Client, member: User) -> None:
    made = people(member, 2)
    form = {"kind": "archive", "chosen": ids(made), "listed": "q=иван"}

    question = client.post(ASK, form)
    assert question.status_code == 200
    assert Contact.objects.in_use().count() == 2

    answer = client.post(BEGIN, form)
    assert answer.headers["Location"].startswith(f"{LIST}?q=")
    assert not Contact.objects.in_use().exists()


def test_what_was_skipped_is_shown_with_the_reason(client: Client, member: User) -> None:
    made = people(member, 1, phone="")

    response = client.post(BEGIN, {"kind": "stop", "chosen": ids(made)}, follow=True)

    assert "Without a number: 1" in response.content.decode()


@pytest.mark.parametrize(
    "form", [{}, {"kind": "archive"}, {"kind": "nonsense", "chosen": "1"}, {"chosen": "x"}]
)
@pytest.mark.parametrize("url", [ASK, BEGIN])
def test_a_form_that_says_nothing_leads_back(
    client: Client, member: User, url: str, form: dict[str, str]
) -> None:
    response = client.post(url, {**form, "listed": "//evil.example?next=//evil.example"})

    assert response.headers["Location"].startswith(f"{LIST}")
    assert not BulkAction.objects.exists()


def test_a_group_action_without_a_group_is_asked_again(client: Client, member: User) -> None:
    foreign = GroupFactory()

    for group in ("", foreign.pk):
        response = client.post(
            BEGIN, {"kind": "add_to_group", "chosen": ids(people(member)), "group": group}
        )
        assert response.context["form"].errors["group"]
    assert not BulkAction.objects.exists()


def test_all_of_a_filter_that_is_gone_is_nobody(client: Client, member: User) -> None:
    people(member)
    foreign = GroupFactory()
    form = {"kind": "delete", "everything": "on", "listed": f"group={foreign.pk}"}

    assert client.post(ASK, form).status_code == 404
    assert client.post(BEGIN, form).status_code == 404
    assert Contact.objects.count() == 3


def test_a_colleague_sees_and_stops_no_action_of_anothers(client: Client, member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation, role=Role.MANAGER)
    action = done(colleague, BulkKind.ARCHIVE, people(member))

    assert client.get(reverse("contacts:bulk_action", args=[action.pk])).status_code == 404
    assert client.post(reverse("contacts:bulk_cancel", args=[action.pk])).status_code == 404
