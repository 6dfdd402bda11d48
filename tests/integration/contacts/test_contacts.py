import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.contacts.models import Contact
from tests.factories import ContactFactory, GroupFactory, MemberFactory, OrganisationFactory

pytestmark = pytest.mark.django_db

LIST = reverse("contacts:contacts")
ADD = reverse("contacts:add")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory(role=Role.SENDER)
    client.force_login(member)
    return member


def page_url(contact: Contact) -> str:
    return reverse("contacts:contact", args=[contact.pk])


def edit_url(contact: Contact) -> str:
    return reverse("contacts:edit", args=[contact.pk])


def delete_url(contact: Contact) -> str:
    return reverse("contacts:delete", args=[contact.pk])


@pytest.mark.parametrize(
    "spelling", ["8 (921) 000-00-00", "+7 921 000 00 00", "79210000000", " 9210000000 "]
)
def test_a_number_in_any_spelling_is_kept_as_e164(
    client: Client, member: User, spelling: str
) -> None:
    response = client.post(ADD, {"given_name": "Анна", "phone": spelling})

    assert response.headers["Location"] == LIST
    contact = Contact.objects.get()
    assert (contact.phone, contact.organisation_id) == ("79210000000", member.organisation_id)


@pytest.mark.parametrize(
    "bad",
    [
        "٧٩٢١٠٠٠٠٠٠٠",
        "7921OOOOOOO",
        "+79210000000;ext=5",
        "7921123456",
        "+7921 +7921",
        "+375291234567",
        "\0",
        "7" * 200,
        "<script>",
    ],
)
def test_a_bad_number_is_refused_beside_its_field_and_stays_there(
    client: Client, member: User, bad: str
) -> None:
    response = client.post(ADD, {"given_name": "Анна", "phone": bad, "note": "заметка"})

    page = response.content.decode()
    assert 'id="error_1_id_phone"' in page
    assert 'value="Анна"' in page
    assert "заметка" in page
    assert not Contact.objects.exists()


def test_bad_numbers_are_refused_each_by_its_own_reason(client: Client, member: User) -> None:
    reasons = {
        str(client.post(ADD, {"given_name": "x", "phone": bad}).context["form"].errors["phone"])
        for bad in ("٧٩٢١٠٠٠٠٠٠٠", "7921OOOOOOO", "+79210000000;ext=5", "7921123456")
    }

    assert len(reasons) == 4


def test_the_organisations_countries_decide_which_numbers_are_good(client: Client) -> None:
    organisation = OrganisationFactory(allowed_countries=["BY"])
    client.force_login(MemberFactory(organisation=organisation))

    client.post(ADD, {"given_name": "Алесь", "phone": "+375 29 123-45-67"})

    assert Contact.objects.get().phone == "375291234567"


def test_a_number_that_a_contact_has_already_is_refused(client: Client, member: User) -> None:
    ContactFactory(organisation=member.organisation, phone="79210000000")

    response = client.post(ADD, {"given_name": "Анна", "phone": "89210000000"})

    assert response.context["form"].errors["phone"]
    assert Contact.objects.count() == 1


def test_whose_number_it_is_already_is_said_with_the_way_there(
    client: Client, member: User
) -> None:
    twin = ContactFactory(organisation=member.organisation, phone="79210000000", name="<Анна>")
    ContactFactory(phone="79210000001", name="Stranger")

    page = client.post(ADD, {"given_name": "Анна", "phone": "89210000000"}).content.decode()
    own = client.post(edit_url(twin), {"given_name": "Анна", "phone": "89210000000"})
    strangers = client.post(ADD, {"given_name": "Анна", "phone": "89210000001"})

    assert f'already: <a href="{page_url(twin)}">&lt;Анна&gt;</a>' in page
    assert own.status_code == strangers.status_code == 302


def test_two_organisations_may_know_the_same_number(client: Client, member: User) -> None:
    ContactFactory(phone="79210000000")

    client.post(ADD, {"given_name": "Анна", "phone": "89210000000"})

    assert Contact.objects.count() == 2


@pytest.mark.parametrize("letter", ["x", "ΐ", "ß", "Ё", "*"])
def test_a_name_of_any_letters_up_to_150_in_all_is_kept(
    client: Client, member: User, letter: str
) -> None:
    client.post(ADD, {"surname": letter * 80, "given_name": letter * 69, "phone": "89210000000"})

    assert Contact.objects.get().name == f"{letter * 80} {letter * 69}"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"surname": "x" * 80, "given_name": "x" * 70}, "surname"),
        ({"given_name": "x" * 81}, "given_name"),
    ],
)
def test_a_name_of_151_characters_or_a_part_of_81_is_refused(
    client: Client, member: User, parts: dict[str, str], field: str
) -> None:
    response = client.post(ADD, {**parts, "phone": "89210000000"})

    assert response.context["form"].errors[field]
    assert not Contact.objects.exists()


def test_a_contact_has_a_name_or_a_number(client: Client, member: User) -> None:
    refused = client.post(ADD, {"note": "кто-то", "phone": " "})
    client.post(ADD, {"given_name": "Анна", "patronymic": "Петровна"})
    client.post(ADD, {"phone": "89210000000"})

    assert refused.context["form"].errors["given_name"]
    assert [contact.name for contact in Contact.objects.order_by("pk")] == ["Анна Петровна", ""]


def test_markup_in_names_and_notes_stays_text(client: Client, member: User) -> None:
    contact = ContactFactory(
        organisation=member.organisation,
        name="<script>alert(1)</script>",
        note='"><img src=x onerror=alert(2)>',
    )
    contact.groups.add(GroupFactory(organisation=member.organisation, name="<b>bold</b>"))

    for url in (
        LIST,
        f"{LIST}?q=<script>",
        page_url(contact),
        edit_url(contact),
        delete_url(contact),
    ):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>bold" not in page


def test_a_contact_is_changed_with_its_groups(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)
    old = GroupFactory(organisation=member.organisation)
    new = GroupFactory(organisation=member.organisation)
    contact.groups.add(old)

    client.post(
        edit_url(contact), {"given_name": "Яна", "phone": "89219999999", "groups": [new.pk]}
    )

    contact.refresh_from_db()
    assert (contact.name, contact.phone, contact.search_key) == ("Яна", "79219999999", "яна")
    assert list(contact.groups.all()) == [new]


def test_the_form_of_a_contact_holds_what_it_has(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation, phone="79210000000")
    group = GroupFactory(organisation=member.organisation)
    contact.groups.add(group)

    form = client.get(edit_url(contact)).context["form"]

    assert form["phone"].value() == "+7 921 000-00-00"
    assert form["groups"].value() == [group.pk]


def test_a_contact_is_deleted_after_a_question(client: Client, member: User) -> None:
    contact = ContactFactory(organisation=member.organisation)

    client.get(delete_url(contact))
    assert Contact.objects.exists()

    client.post(delete_url(contact))
    assert not Contact.objects.exists()
    assert client.post(delete_url(contact)).status_code == 404


def test_the_trail_names_a_contact_by_its_id_alone(client: Client, member: User) -> None:
    client.post(ADD, {"given_name": "Анна", "phone": "89210000000", "note": "тайна"})
    contact = Contact.objects.get()
    client.post(edit_url(contact), {"given_name": "Яна", "phone": "89219999999"})
    client.post(delete_url(contact))

    events = Event.objects.filter(object_type="contacts.contact").order_by("sequence")

    assert [event.action for event in events] == [Action.CREATED, Action.CHANGED, Action.DELETED]
    assert {event.object_label for event in events} == {f"contact {contact.pk}"}
    written = repr([vars(event) for event in events])
    for secret in ("Анна", "Яна", "9210000000", "9219999999", "тайна"):
        assert secret not in written


@pytest.mark.parametrize("groups", ["foreign", "999999", "x"])
def test_a_group_that_is_not_the_organisations_does_not_exist(
    client: Client, member: User, groups: str
) -> None:
    group = GroupFactory()
    posted = str(group.pk) if groups == "foreign" else groups

    response = client.post(ADD, {"given_name": "Анна", "phone": "89210000000", "groups": [posted]})

    assert response.status_code == 404
    assert not Contact.objects.exists()


def test_another_organisations_contact_does_not_exist_here(client: Client, member: User) -> None:
    stranger = ContactFactory(name="Чужой", phone="79210000000")

    assert "Чужой" not in client.get(f"{LIST}?q=чуж").content.decode()
    assert client.get(page_url(stranger)).status_code == 404
    for url in (edit_url(stranger), delete_url(stranger)):
        assert client.get(url).status_code == 404
        assert client.post(url, {"given_name": "x", "phone": "89219999999"}).status_code == 404
    stranger.refresh_from_db()
    assert stranger.name == "Чужой"


def test_extra_fields_are_ignored(client: Client, member: User) -> None:
    other = OrganisationFactory()

    client.post(
        ADD, {"given_name": "Анна", "phone": "89210000000", "organisation": other.pk, "id": "7"}
    )

    assert Contact.objects.get().organisation_id == member.organisation_id


def test_an_auditor_reads_contacts_and_changes_none(client: Client) -> None:
    auditor = MemberFactory(role=Role.AUDITOR)
    contact = ContactFactory(organisation=auditor.organisation)
    client.force_login(auditor)

    page = client.get(LIST).content.decode()

    assert contact.name in page
    assert ADD not in page
    assert edit_url(contact) not in page
    for url in (ADD, edit_url(contact), delete_url(contact)):
        assert client.post(url, {"given_name": "x", "phone": "89210000000"}).status_code == 403


def test_htmx_gets_the_results_alone_and_caches_keep_them_apart(
    client: Client, member: User
) -> None:
    contact = ContactFactory(organisation=member.organisation)

    part = client.get(LIST, headers={"HX-Request": "true"})
    page = client.get(LIST)

    assert contact.name in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "<html" in page.content.decode()
    assert "HX-Request" in part.headers["Vary"]


def test_a_page_restored_by_htmx_is_whole(client: Client, member: User) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert "<html" in client.get(LIST, headers=headers).content.decode()


def test_the_next_page_keeps_the_search(client: Client, member: User) -> None:
    ContactFactory.create_batch(51, organisation=member.organisation, name="Анна")

    first = client.get(f"{LIST}?q=анн")
    cursor = first.context["page"].next_cursor
    second = client.get(LIST, {"q": "анн", "cursor": cursor})

    assert "?q=%D0%B0%D0%BD%D0%BD&amp;cursor=" in first.content.decode()
    assert len(second.context["page"].items) == 1


@pytest.mark.parametrize("cursor", ["x", "\0", "é"])
def test_a_made_up_cursor_shows_the_first_page(client: Client, member: User, cursor: str) -> None:
    assert client.get(LIST, {"cursor": cursor}).context["page"].is_first


def test_the_list_takes_as_many_queries_for_fifty_contacts_as_for_one(
    client: Client, member: User
) -> None:
    group = GroupFactory(organisation=member.organisation)
    group.contacts.add(ContactFactory(organisation=member.organisation))
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    group.contacts.add(*ContactFactory.create_batch(49, organisation=member.organisation))
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)

    assert len(many) == len(few)


def test_the_message_after_adding_leads_to_the_contact(client: Client) -> None:
    client.force_login(MemberFactory())

    given = {"surname": "<Орлова>", "phone": "+79161234567"}
    page = client.post(reverse("contacts:add"), given, follow=True).content.decode()

    address = reverse("contacts:contact", args=[Contact.objects.get().pk])
    assert f'<a class="alert-link" href="{address}">&lt;Орлова&gt;</a> has been added.' in page
