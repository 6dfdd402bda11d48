"""Two contacts made one."""

from collections.abc import Sequence
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.audit.services import verify
from portal.contacts.merging.services import contact_merge
from portal.contacts.models import Contact
from portal.contacts.particulars import Particulars
from portal.contacts.services import contact_change
from portal.core.errors import Conflict, Refused
from tests.factories import ContactFactory, ContactFieldFactory, GroupFactory, MemberFactory
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory()
    client.force_login(member)
    return member


def contact_of(member: User, **fields: object) -> Contact:
    contact: Contact = ContactFactory(organisation=member.organisation, **fields)
    return contact


def url(*pair: Contact) -> str:
    return reverse("contacts:merge", args=[contact.pk for contact in pair])


def preview_url(*pair: Contact) -> str:
    return reverse("contacts:merge_preview", args=[contact.pk for contact in pair])


def seen(pair: Sequence[Contact]) -> dict[int, object]:
    return {contact.pk: contact.changed_at for contact in pair}


def sent_form(client: Client, pair: Sequence[Contact], **changes: object) -> dict[str, object]:
    """What the page would send if nothing else were touched."""
    form = client.get(url(*pair)).context["form"]
    return {name: form[name].value() for name in form.fields} | changes


def test_nothing_is_lost_silently(client: Client, member: User) -> None:
    city = ContactFieldFactory(organisation=member.organisation, name="Город")
    older = contact_of(
        member, name="Анна", phone="79210000000", note="утром", field_values={str(city.pk): "Тверь"}
    )
    newer = contact_of(member, surname="Смирнова", name="Анна", phone="79210000001", note="вечером")

    page = client.get(url(older, newer))
    client.post(url(older, newer), sent_form(client, (older, newer)))

    form = page.context["form"]
    assert form.dropped == [("Phone", "+7 921 000-00-01", True)]
    kept = Contact.objects.get()
    assert (kept.pk, kept.name, kept.phone) == (older.pk, "Смирнова Анна", "79210000000")
    assert kept.field_values == {str(city.pk): "Тверь"}
    assert kept.note == "утром\nвечером\nOther number: +7 921 000-00-01"
    assert kept.search_key == "смирнова анна"


def test_each_part_is_chosen(client: Client, member: User) -> None:
    city = ContactFieldFactory(organisation=member.organisation)
    key = str(city.pk)
    older = contact_of(member, name="Аня", phone="79210000000", field_values={key: "Тверь"})
    newer = contact_of(member, name="Анна", phone="79210000001", field_values={key: "Клин"})
    chosen = {"given_name": newer.pk, "phone": newer.pk, f"field_{key}": newer.pk}
    data = sent_form(client, (older, newer), kept=newer.pk, note="одно", **chosen)
    del data["keeps_number"]

    preview = client.post(preview_url(older, newer), data, headers={"HX-Request": "true"})
    client.post(url(older, newer), data)

    assert "Not kept" in preview.content.decode()
    assert "<html" not in preview.content.decode()
    kept = Contact.objects.get()
    assert (kept.pk, kept.name, kept.phone, kept.note) == (newer.pk, "Анна", "79210000001", "одно")
    assert kept.field_values == {key: "Клин"}


def test_a_look_at_the_result_merges_nothing_and_puts_nothing_into_an_address(
    client: Client, member: User
) -> None:
    pair = contact_of(member, name="Анна"), contact_of(member, name="Аня")
    data = sent_form(client, pair, note="одна и та же")

    page = client.post(preview_url(*pair), data)

    assert page.status_code == 200
    assert page.context["form"].particulars.note.startswith("одна и та же\n")
    assert page.context["form"]["note"].value() == "одна и та же"
    assert Contact.objects.count() == 2
    assert client.get(preview_url(*pair)).status_code == 405
    assert 'hx-get="' not in page.content.decode().partition("merge-pair")[2]
    assert 'formmethod="get"' not in page.content.decode()


def test_what_stands_in_the_address_is_not_looked_at(client: Client, member: User) -> None:
    pair = contact_of(member, name="Анна"), contact_of(member, name="Аня")
    data = sent_form(client, pair, note="из адреса")

    assert "из адреса" not in client.get(url(*pair), data).content.decode()


def test_groups_are_united_whoever_owns_them(client: Client, member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    both, one = (GroupFactory(organisation=member.organisation) for _ in range(2))
    theirs = GroupFactory(organisation=member.organisation, owner=colleague)
    kept, other = contact_of(member), contact_of(member)
    kept.groups.add(both)
    other.groups.add(both, one, theirs)

    client.post(url(kept, other), sent_form(client, (kept, other)))

    assert set(Contact.objects.get().groups.all()) == {both, one, theirs}


def test_an_own_contact_goes_into_the_shared_one_whatever_is_posted(
    client: Client, member: User
) -> None:
    own = contact_of(member, owner=member, phone="79210000000")
    shared = contact_of(member, phone="79210000000")
    data = sent_form(client, (own, shared), kept=own.pk)

    client.post(url(own, shared), data)

    assert Contact.objects.get() == shared


def test_the_service_keeps_what_everybody_sees(member: User) -> None:
    own, shared = contact_of(member, owner=member), contact_of(member)
    merge = partial(contact_merge, particulars=Particulars(given_name="x"), actor=member)

    with pytest.raises(Refused) as refusal:
        merge(kept=own, other=shared, seen=seen((own, shared)))

    assert refusal.value.field == "kept"
    assert Contact.objects.count() == 2


def test_what_was_changed_meanwhile_is_looked_at_again(client: Client, member: User) -> None:
    pair = contact_of(member), contact_of(member)
    data = sent_form(client, pair)
    contact_change(contact=pair[1], particulars=Particulars(given_name="Яна"), actor=member)

    response = client.post(url(*pair), data)

    assert "changed meanwhile" in response.content.decode()
    assert Contact.objects.count() == 2


def test_the_result_says_who_will_see_it(client: Client, member: User) -> None:
    shared = contact_of(member), contact_of(member)
    own = contact_of(member, owner=member), contact_of(member, owner=member)
    part = {"HX-Request": "true"}

    assert "only you" not in client.get(url(*shared), headers=part).content.decode()
    assert "only you" in client.get(url(*own), headers=part).content.decode()
    mixed = client.get(url(own[0], shared[0]), headers=part).content.decode()
    assert "What was your own is seen by everybody then." in mixed


@pytest.mark.parametrize("stamps", ["", "x y", "\0", "2026-01-01T00:00:00+00:00", "2026-02-31 x"])
def test_a_post_without_a_look_at_both_changes_nothing(
    client: Client, member: User, stamps: str
) -> None:
    pair = contact_of(member), contact_of(member)

    response = client.post(url(*pair), sent_form(client, pair, seen=stamps))

    assert response.status_code == 200
    assert Contact.objects.count() == 2


def test_an_overlong_note_is_refused_and_stays(client: Client, member: User) -> None:
    pair = contact_of(member, note="а" * 300), contact_of(member, note="б" * 300)

    page = client.get(url(*pair))
    response = client.post(url(*pair), sent_form(client, pair))

    assert page.context["form"].errors["note"]
    assert response.context["form"].errors["note"]
    assert Contact.objects.count() == 2


def test_the_number_has_to_fit_into_the_note(client: Client, member: User) -> None:
    pair = contact_of(member, note="а" * 490), contact_of(member)

    response = client.post(url(*pair), sent_form(client, pair))

    assert response.context["form"].errors["note"]


def test_a_contact_in_use_stays_in_use(client: Client, member: User) -> None:
    archived, used = contact_of(member), contact_of(member)
    client.post(reverse("contacts:archive", args=[archived.pk]))
    archived.refresh_from_db()
    data = sent_form(client, (archived, used), kept=archived.pk)

    client.post(url(archived, used), data)

    assert Contact.objects.in_use().get() == archived


@pytest.mark.parametrize("who", ["elsewhere", "colleague"])
def test_contacts_of_others_are_not_there(client: Client, member: User, who: str) -> None:
    mine = contact_of(member)
    colleague = MemberFactory(organisation=member.organisation)
    foreign = ContactFactory() if who == "elsewhere" else contact_of(member, owner=colleague)

    for pair in ((mine, foreign), (foreign, mine), (mine, mine)):
        assert client.get(url(*pair)).status_code == 404
        assert client.post(url(*pair), {"seen": "x"}).status_code == 404
        assert client.post(preview_url(*pair), {"seen": "x"}).status_code == 404
    assert Contact.objects.count() == 2


def test_an_auditor_merges_nothing(member: User) -> None:
    auditor = MemberFactory(organisation=member.organisation, role=Role.AUDITOR)
    pair = contact_of(member), contact_of(member)

    with pytest.raises(Refused):
        contact_merge(
            kept=pair[0],
            other=pair[1],
            particulars=Particulars(given_name="x"),
            seen=seen(pair),
            actor=auditor,
        )


def test_a_merge_is_recorded_by_ids(client: Client, member: User) -> None:
    kept, other = contact_of(member, name="Анна"), contact_of(member, name="Анна")

    client.post(url(kept, other), sent_form(client, (kept, other)))

    deleted, changed = Event.objects.filter(object_type="contacts.contact").order_by("sequence")
    assert (deleted.action, deleted.object_id) == (Action.DELETED, str(other.pk))
    assert deleted.details == {"merged_into": kept.pk}
    assert changed.details == {"merged": other.pk, "changed": ["note"], "joined": []}
    assert "Анна" not in repr([vars(deleted), vars(changed)])


@pytest.mark.django_db(transaction=True)
def test_merging_either_way_at_once_leaves_one_contact(member: User) -> None:
    for _round in range(15):
        pair = contact_of(member), contact_of(member)
        group = GroupFactory(organisation=member.organisation)
        pair[0].groups.add(group)
        merge = partial(contact_merge, seen=seen(pair), actor=member)

        results = at_once(
            partial(merge, kept=pair[0], other=pair[1], particulars=Particulars.of(pair[0])),
            partial(merge, kept=pair[1], other=pair[0], particulars=Particulars.of(pair[1])),
        )

        assert {type(result) for result in results} == {Contact, Conflict}
        assert Contact.objects.get().groups.get() == group
        Contact.objects.all().delete()
    assert list(verify()) == []


@pytest.mark.django_db(transaction=True)
def test_merging_while_a_group_takes_the_other_is_no_deadlock(member: User) -> None:
    for _round in range(15):
        pair = contact_of(member), contact_of(member)
        group = GroupFactory(organisation=member.organisation)
        results = at_once(
            partial(
                contact_merge,
                kept=pair[0],
                other=pair[1],
                particulars=Particulars.of(pair[0]),
                seen=seen(pair),
                actor=member,
            ),
            partial(
                contact_change,
                contact=pair[1],
                particulars=Particulars.of(pair[1]),
                groups=[group],
                actor=member,
            ),
        )

        faults = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(fault, Conflict) for fault in faults)
        assert Contact.objects.filter(pk=pair[0].pk).exists()
