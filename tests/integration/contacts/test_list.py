"""The list of contacts as its address narrows it."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import ContactField, FieldKind
from tests.factories import ContactFactory, GroupFactory, MemberFactory, StopFactory

pytestmark = pytest.mark.django_db

LIST = reverse("contacts:contacts")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory(role=Role.SENDER)
    client.force_login(member)
    return member


def test_filters_stand_in_the_address_and_each_can_be_taken_off(
    client: Client, member: User
) -> None:
    group = GroupFactory(organisation=member.organisation, name="Клиенты")
    city = ContactField.objects.create(
        organisation=member.organisation, name="Город", kind=FieldKind.TEXT
    )
    found = ContactFactory(
        organisation=member.organisation, name="Анна", field_values={str(city.pk): "Тверь"}
    )
    group.contacts.add(found, ContactFactory(organisation=member.organisation, name="Анна Вторая"))

    context = client.get(LIST, {"q": "анн", "group": group.pk, f"f{city.pk}": "тверь"}).context

    assert context["page"].items == [found]
    assert [(chip.label, chip.without) for chip in context["chips"]] == [
        ("Group: Клиенты", f"q=%D0%B0%D0%BD%D0%BD&f{city.pk}=%D1%82%D0%B2%D0%B5%D1%80%D1%8C"),
        ("Город: тверь", f"q=%D0%B0%D0%BD%D0%BD&group={group.pk}"),
    ]
    assert context["saves_as_filter"]


@pytest.mark.parametrize("whose", ["organisation", "colleague", "nobody", "nonsense"])
def test_a_group_that_is_not_the_members_does_not_exist(
    client: Client, member: User, whose: str
) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    group = {
        "organisation": lambda: GroupFactory().pk,
        "colleague": lambda: GroupFactory(organisation=member.organisation, owner=colleague).pk,
        "nobody": lambda: 10**17,
        "nonsense": lambda: "x' OR 1=1",
    }[whose]()

    assert client.get(LIST, {"group": group}).status_code == 404


def test_another_organisations_field_does_not_exist(client: Client, member: User) -> None:
    foreign = ContactField.objects.create(
        organisation=GroupFactory().organisation, name="x", kind=FieldKind.TEXT
    )

    assert client.get(LIST, {f"f{foreign.pk}": "x"}).status_code == 404


@pytest.mark.parametrize("prefix", ["0", "00", "\u0660"])
@pytest.mark.parametrize("name", ["f", "group"])
def test_an_id_written_in_another_way_is_nothings(
    client: Client, member: User, name: str, prefix: str
) -> None:
    """Left out, more would be found than was asked for."""
    field = ContactField.objects.create(
        organisation=member.organisation, name="Город", kind=FieldKind.TEXT
    )
    group = GroupFactory(organisation=member.organisation)
    asked = {"f": {f"f{prefix}{field.pk}": "x"}, "group": {"group": f"{prefix}{group.pk}"}}[name]

    assert client.get(LIST, asked).status_code == 404


@pytest.mark.parametrize("nothing", ["", " ", "\0"])
def test_an_empty_filter_is_none(client: Client, member: User, nothing: str) -> None:
    ContactFactory(organisation=member.organisation)

    given = dict.fromkeys(("group", "whose", "archived", "f1", "q"), nothing)
    assert len(client.get(LIST, given).context["page"].items) == 1


def test_groups_of_a_colleagues_own_are_not_shown(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    colleague = MemberFactory(organisation=member.organisation)
    for owner, name in ((colleague, "Тайные"), (member, "Мои")):
        GroupFactory(organisation=member.organisation, owner=owner, name=name).contacts.add(contact)

    page = client.get(LIST).content.decode()

    assert "Мои" in page
    assert "Тайные" not in page


def test_numbers_on_the_stop_list_are_marked(client: Client, member: User) -> None:
    stopped = ContactFactory(organisation=member.organisation)
    ContactFactory(organisation=member.organisation)
    StopFactory(organisation=member.organisation, phone=stopped.phone)

    assert client.get(LIST).content.decode().count("state state-bad") == 1


def test_markup_in_filters_stays_text(client: Client, member: User) -> None:
    field = ContactField.objects.create(
        organisation=member.organisation, name="x", kind=FieldKind.TEXT
    )

    page = client.get(LIST, {"q": "<script>", f"f{field.pk}": '"><script>'}).content.decode()

    assert "<script>" not in page.replace("<script src", "")


def test_an_auditor_chooses_nobody(client: Client) -> None:
    auditor = MemberFactory(role=Role.AUDITOR)
    ContactFactory(organisation=auditor.organisation)
    client.force_login(auditor)

    assert 'name="chosen"' not in client.get(LIST).content.decode()


def test_the_first_page_says_how_many_there_are(client: Client, member: User) -> None:
    ContactFactory.create_batch(51, organisation=member.organisation, name="Анна")
    ContactFactory(organisation=member.organisation, name="Яна")

    whole, narrowed = client.get(LIST), client.get(LIST, {"q": "ян"})
    following = client.get(LIST, {"cursor": whole.context["page"].next_cursor})

    assert whole.context["size"] == "52 contacts"
    assert narrowed.context["size"] == "1 contact"
    assert 'id="size"' not in following.content.decode()


def test_how_many_of_more_than_a_page_are_found_is_asked_apart(
    client: Client, member: User
) -> None:
    ContactFactory.create_batch(51, organisation=member.organisation, name="Анна")

    page = client.get(LIST, {"q": "ан"}).content.decode()
    size = client.get(reverse("contacts:found_size"), {"q": "ан"}).content.decode()

    assert f'{reverse("contacts:found_size")}?q=%D0%B0%D0%BD"' in page
    assert size == "51 contacts"


def test_the_size_of_what_a_foreign_group_leaves_is_not_told(client: Client, member: User) -> None:
    size = reverse("contacts:found_size")

    assert client.get(size, {"group": GroupFactory().pk}).status_code == 404


def test_a_contact_without_a_name_shows_its_number_once(client: Client, member: User) -> None:
    ContactFactory(organisation=member.organisation, name="", phone="79210000077")

    page = client.get(LIST).content.decode()

    assert "no name" in page
    # Once more for those who hear the link, and where it is chosen.
    assert page.count(">+7 921 000-00-77<") == 1
