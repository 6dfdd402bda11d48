import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.contacts.models import Contact, Group
from tests.factories import ContactFactory, GroupFactory, MemberFactory

pytestmark = pytest.mark.django_db

LIST = reverse("contacts:groups")
ADD = reverse("contacts:group_add")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory(role=Role.SENDER)
    client.force_login(member)
    return member


@pytest.fixture
def group(member: User) -> Group:
    group: Group = GroupFactory(organisation=member.organisation, name="Клиенты")
    return group


@pytest.fixture
def contact(member: User) -> Contact:
    contact: Contact = ContactFactory(organisation=member.organisation, name="Анна")
    return contact


def url(name: str, *args: int) -> str:
    return reverse(f"contacts:{name}", args=args)


def test_a_group_is_made_renamed_and_deleted(
    client: Client, member: User, contact: Contact
) -> None:
    client.post(ADD, {"name": "Клиенты"})
    group = Group.objects.get()
    group.contacts.add(contact)
    client.post(url("group_rename", group.pk), {"name": "Покупатели"})
    group.refresh_from_db()
    assert group.name == "Покупатели"

    client.post(url("group_delete", group.pk))

    assert not Group.objects.exists()
    assert Contact.objects.filter(pk=contact.pk).exists()
    assert [event.action for event in Event.objects.filter(object_type="contacts.group")] == [
        "created",
        "changed",
        "deleted",
    ]


def test_a_name_that_is_taken_is_refused_beside_its_field(
    client: Client, group: Group, member: User
) -> None:
    other = GroupFactory(organisation=member.organisation)

    for page in (ADD, url("group_rename", other.pk)):
        response = client.post(page, {"name": group.name})
        assert response.context["form"].errors["name"]
    assert Group.objects.filter(name=group.name).count() == 1


def test_a_contact_is_found_added_and_taken_out(
    client: Client, group: Group, contact: Contact
) -> None:
    page = client.get(url("group", group.pk), {"q": "анн"})
    assert page.context["found"] == [(contact, False)]

    response = client.post(url("group_contact_add", group.pk, contact.pk), {"q": "анн"})
    assert response.headers["Location"].startswith(f"{url('group', group.pk)}?q=")
    assert list(group.contacts.all()) == [contact]
    page = client.get(response.headers["Location"])
    assert page.context["found"] == [(contact, True)]
    assert url("group_contact_add", group.pk, contact.pk) not in page.content.decode()

    client.post(url("group_contact_remove", group.pk, contact.pk))
    assert not group.contacts.exists()


def test_adding_twice_is_as_good_as_once(client: Client, group: Group, contact: Contact) -> None:
    for _ in range(2):
        client.post(url("group_contact_add", group.pk, contact.pk))

    assert group.contacts.count() == 1


def test_htmx_gets_the_found_alone(client: Client, group: Group, contact: Contact) -> None:
    part = client.get(
        url("group", group.pk), {"q": "анн"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert "Анна" in part
    assert "<html" not in part


@pytest.mark.parametrize("action", ["group_contact_add", "group_contact_remove"])
def test_adding_and_taking_out_take_a_post(
    client: Client, group: Group, contact: Contact, action: str
) -> None:
    assert client.get(url(action, group.pk, contact.pk)).status_code == 405


def test_another_organisations_group_or_contact_does_not_exist_here(
    client: Client, group: Group, contact: Contact
) -> None:
    foreign_group, foreign_contact = GroupFactory(), ContactFactory()

    answers = [
        client.get(url("group", foreign_group.pk)),
        client.post(url("group_rename", foreign_group.pk), {"name": "x"}),
        client.post(url("group_delete", foreign_group.pk)),
        client.post(url("group_contact_add", foreign_group.pk, contact.pk)),
        client.post(url("group_contact_add", group.pk, foreign_contact.pk)),
        client.post(url("group_contact_remove", group.pk, foreign_contact.pk)),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert not group.contacts.exists()
    assert not foreign_group.contacts.exists()
    assert Group.objects.count() == 2


def test_the_search_of_a_group_finds_nobody_of_another_organisation(
    client: Client, group: Group
) -> None:
    ContactFactory(name="Чужая")

    assert client.get(url("group", group.pk), {"q": "чуж"}).context["found"] == []


def test_an_auditor_reads_groups_and_changes_none(client: Client) -> None:
    auditor = MemberFactory(role=Role.AUDITOR)
    group = GroupFactory(organisation=auditor.organisation)
    contact = ContactFactory(organisation=auditor.organisation)
    client.force_login(auditor)

    assert client.get(LIST).status_code == 200
    assert client.get(url("group", group.pk)).status_code == 200
    for page in (
        ADD,
        url("group_rename", group.pk),
        url("group_delete", group.pk),
        url("group_contact_add", group.pk, contact.pk),
    ):
        assert client.post(page, {"name": "x"}).status_code == 403


def test_the_list_counts_the_contacts_of_each_group(
    client: Client, group: Group, contact: Contact
) -> None:
    group.contacts.add(contact)
    empty = GroupFactory(organisation=group.organisation)

    sizes = {item.pk: item.size for item in client.get(LIST).context["page"].items}

    assert sizes == {group.pk: 1, empty.pk: 0}


def test_markup_in_a_groups_name_stays_text(client: Client, member: User) -> None:
    group = GroupFactory(organisation=member.organisation, name="<script>alert(1)</script>")

    for page in (LIST, url("group", group.pk), url("group_delete", group.pk)):
        assert "<script>alert" not in client.get(page).content.decode()


@pytest.mark.parametrize("most_counted", [1, 10])
def test_a_group_shows_each_contact_once_whatever_its_size(
    client: Client, group: Group, monkeypatch: pytest.MonkeyPatch, most_counted: int
) -> None:
    monkeypatch.setattr("portal.contacts.selectors.MOST_COUNTED", most_counted)
    made = [ContactFactory(organisation=group.organisation, name=name) for name in ("Яна", "Анна")]
    group.contacts.add(*made)

    items = client.get(url("group", group.pk)).context["page"].items

    in_order_of_names = most_counted == 10
    assert items == (made[::-1] if in_order_of_names else made)


def test_who_is_in_the_archive_does_not_count_in_a_group(client: Client, member: User) -> None:
    group = GroupFactory(organisation=member.organisation)
    one = ContactFactory(organisation=member.organisation)
    gone = ContactFactory(organisation=member.organisation, archived_at=timezone.now())
    group.contacts.add(one, gone)

    assert [item.size for item in client.get(LIST).context["page"].items] == [1]
    assert client.get(url("group", group.pk)).context["size"] == "1 contact"


def test_a_groups_page_says_how_many_are_in_it(client: Client) -> None:
    member = MemberFactory()
    group = GroupFactory(organisation=member.organisation)
    group.contacts.add(*ContactFactory.create_batch(51, organisation=member.organisation))
    client.force_login(member)

    assert client.get(reverse("contacts:group", args=[group.pk])).context["size"] == "51 contacts"
