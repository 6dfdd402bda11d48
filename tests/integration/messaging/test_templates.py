"""Templates: whose they are, who changes them, and what is said of their texts."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Conflict
from portal.messaging.message_templates.services import template_change, template_delete
from portal.messaging.models import Template
from tests.factories import (
    ContactFieldFactory,
    MemberFactory,
    OrganisationFactory,
    TemplateFactory,
)

pytestmark = pytest.mark.django_db

LIST, ADD, LIVE = (reverse(f"templates:{page}") for page in ("templates", "add", "live"))


@pytest.fixture
def anna(client: Client) -> User:
    anna: User = MemberFactory()
    client.force_login(anna)
    return anna


def as_one_of(client: Client, organisation: object, role: Role) -> User:
    member: User = MemberFactory(organisation=organisation, role=role)
    client.force_login(member)
    return member


def add(client: Client, **fields: str) -> object:
    return client.post(ADD, {"name": "Долг", "text": "Привет, {имя}!", **fields})


def url(page: str, template: Template) -> str:
    return reverse(f"templates:{page}", args=[template.pk])


def names(client: Client, **query: str) -> list[str]:
    return [template.name for template in client.get(LIST, query).context["page"].items]


def test_what_a_sender_adds_is_their_own(client: Client, anna: User) -> None:
    add(client, text="\n Привет, {имя|друг}!\r\nЖдём.\n")

    template = Template.objects.get()
    assert (template.owner, template.organisation) == (anna, anna.organisation)
    assert (template.name, template.text) == ("Долг", " Привет, {имя|друг}!\nЖдём.")


@pytest.mark.parametrize(("is_own", "owned"), [("", False), ("on", True)])
def test_a_manager_chooses_whose_it_is(client: Client, is_own: str, owned: bool) -> None:
    manager = as_one_of(client, OrganisationFactory(), Role.MANAGER)
    add(client, is_own=is_own)
    assert Template.objects.get().owner == (manager if owned else None)


def test_everybody_sees_the_organisations_and_their_own_alone(client: Client, anna: User) -> None:
    colleague = MemberFactory(organisation=anna.organisation)
    TemplateFactory(organisation=anna.organisation, name="Общий")
    TemplateFactory(organisation=anna.organisation, name="Свой", owner=anna)
    hidden = [
        TemplateFactory(organisation=anna.organisation, name="Коллеги", owner=colleague),
        TemplateFactory(name="Чужой"),
    ]

    assert names(client) == ["Общий", "Свой"]
    for template in hidden:
        assert client.get(url("template", template)).status_code == 404
        for page in ("change", "delete"):
            assert client.post(url(page, template), {"name": "x", "text": "x"}).status_code == 404
    assert Template.objects.count() == 4


def test_senders_use_the_organisations_and_do_not_change_it(client: Client, anna: User) -> None:
    template = TemplateFactory(organisation=anna.organisation)

    shown = client.get(url("template", template))

    assert f"{reverse('messaging:compose')}?template={template.pk}" in shown.content.decode()
    assert url("change", template) not in shown.content.decode()
    for page in ("change", "delete"):
        assert client.get(url(page, template)).status_code == 403
        assert client.post(url(page, template), {"name": "x", "text": "x"}).status_code == 403
    template.refresh_from_db()
    assert template.name != "x"


def test_auditors_look_on(client: Client) -> None:
    template = TemplateFactory()
    as_one_of(client, template.organisation, Role.AUDITOR)

    listed, shown = client.get(LIST), client.get(url("template", template))

    for page in (listed, shown):
        assert page.status_code == 200
        assert "?template=" not in page.content.decode()
    assert client.get(ADD).status_code == 403
    assert client.post(LIVE, {"text": "x"}).status_code == 403


def test_managers_change_and_delete_the_organisations(client: Client) -> None:
    template = TemplateFactory(name="Долг")
    as_one_of(client, template.organisation, Role.MANAGER)

    client.post(url("change", template), {"name": "Счёт", "text": "До {дата}"})
    template.refresh_from_db()
    assert (template.name, template.text) == ("Счёт", "До {дата}")

    assert client.get(url("delete", template)).status_code == 200
    client.post(url("delete", template))
    assert not Template.objects.exists()


def test_a_name_is_taken_once_on_each_shelf(client: Client, anna: User) -> None:
    TemplateFactory(organisation=anna.organisation, name="долг")
    add(client)
    response = add(client, name="ДОЛГ")

    assert response.context["form"].errors["name"] == ["There is a template of this name already."]  # type: ignore[attr-defined]
    assert Template.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write the text."),
        ("Привет\nя {имя", "Line 2, place 3: the placeholder that begins here has no “}”"),
        ("{имя:uper}", "Did you mean “upper”?"),
        ("пять ₽", "“₽” (line 1, place 6"),
        ("PhoneNumber={имя}", "Line 1 begins with “PhoneNumber=”"),
        ("{имя|}" + "ж" * 3000, "Shorten it."),
        ("ж" * 6000, "The text has 6000 characters"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_beside_it(
    client: Client, anna: User, text: str, said: str
) -> None:
    response = add(client, text=text)

    [error] = response.context["form"].errors["text"]  # type: ignore[attr-defined]
    assert said in error
    assert not Template.objects.exists()


def test_the_sample_shows_the_text_with_every_value_and_how_long_it_gets(
    client: Client, anna: User
) -> None:
    ContactFieldFactory(organisation=anna.organisation, name="Сумма", kind="number")

    sample = client.post(LIVE, {"text": "{имя}, {{долг}} {сумма:число}" + "ж" * 55}).context[
        "sample"
    ]

    assert sample.text.startswith("Anna, {долг} 1 234,5ж")
    assert (sample.sizes.least.segments, sample.sizes.most.segments) == (1, 2)
    assert (sample.unknown, sample.fault) == ("", "")


def test_the_sample_tells_of_a_name_that_contacts_do_not_have(client: Client, anna: User) -> None:
    ContactFieldFactory(organisation=anna.organisation, name="Сумма")
    ContactFieldFactory(name="Долг")

    mistyped = client.post(LIVE, {"text": "{сума}"}).context["sample"]
    foreign = client.post(LIVE, {"text": "{долг}"}).context["sample"]

    assert "Did you mean “Сумма”?" in mistyped.unknown
    assert "there is no placeholder “долг”" in foreign.unknown


@pytest.mark.parametrize("text", ["", "{", "\0", "ж" * 6000, "{имя:дата}"])
def test_the_sample_answers_whatever_is_typed(client: Client, anna: User, text: str) -> None:
    assert client.post(LIVE, {"text": text}).status_code == 200


def test_many_templates_are_searched_by_name_and_text(client: Client, anna: User) -> None:
    assert 'role="search"' not in client.get(LIST).content.decode()
    for n in range(31):
        TemplateFactory(organisation=anna.organisation, name=f"Шаблон {n:02}")
    TemplateFactory(organisation=anna.organisation, name="Я", text="Ваш ДОЛГ 100%")

    page = client.get(LIST)
    assert 'role="search"' in page.content.decode()
    assert len(names(client)) == 30
    assert names(client, cursor=page.context["page"].next_cursor) == ["Шаблон 30", "Я"]
    assert names(client, q="долг") == names(client, q="100%") == ["Я"]
    assert names(client, q="шаблон 0\0") == [f"Шаблон {n:02}" for n in range(10)]
    assert names(client, q="нет такого") == []


def test_the_trail_does_not_tell_others_what_ones_own_template_is_called(
    client: Client, anna: User
) -> None:
    add(client)
    template = Template.objects.get()
    client.post(url("change", template), {"name": "Тайна", "text": "x"})
    client.post(url("delete", template))

    events = Event.objects.filter(actor_id=anna.pk, object_label__startswith="template").order_by(
        "pk"
    )
    assert [event.action for event in events] == [Action.CREATED, Action.CHANGED, Action.DELETED]
    assert "Тайна" not in str([(event.object_label, event.details) for event in events])


def test_a_template_deleted_meanwhile_is_a_conflict() -> None:
    template = TemplateFactory()
    manager = MemberFactory(organisation=template.organisation, role=Role.MANAGER)
    template_delete(template=template, actor=manager)

    with pytest.raises(Conflict):
        template_change(template=template, actor=manager, name="x", text="x")
    with pytest.raises(Conflict):
        template_delete(template=template, actor=manager)
