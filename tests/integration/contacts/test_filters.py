"""Saved filters: whom each kind of rule finds, and when."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.contacts.models import Contact, ContactField, FieldKind, Group
from portal.contacts.selectors import contacts_of
from tests.factories import ContactFactory, GroupFactory, MemberFactory, StopFactory

pytestmark = pytest.mark.django_db

# A Saturday, and in Moscow already the last of February.
NOW = datetime(2026, 2, 27, 22, 0, tzinfo=UTC)
ADD = reverse("contacts:filter_add")


@pytest.fixture
def member(client: Client) -> User:
    member: User = MemberFactory()
    client.force_login(member)
    return member


@pytest.fixture
def fields(member: User) -> dict[str, ContactField]:
    kinds = {"city": FieldKind.TEXT, "born": FieldKind.DATE, "visits": FieldKind.NUMBER}
    return {
        name: ContactField.objects.create(organisation=member.organisation, name=name, kind=kind)
        for name, kind in kinds.items()
    }


def person(member: User, name: str, **values: object) -> Contact:
    fields = ContactField.objects.filter(organisation=member.organisation)
    kept = {str(field.pk): values[field.name] for field in fields if field.name in values}
    more = {key: value for key, value in values.items() if key in ("owner", "created_at")}
    contact: Contact = ContactFactory(
        organisation=member.organisation, name=name, field_values=kept, **more
    )
    return contact


def saved(member: User, *rules: dict[str, object], match: str = "all", **more: object) -> Group:
    conditions = {"match": match, "rules": list(rules)}
    group: Group = GroupFactory(organisation=member.organisation, conditions=conditions, **more)
    return group


def names(group: Group) -> set[str]:
    return {contact.name for contact in contacts_of(group, now=NOW)}


@pytest.mark.parametrize(
    ("test", "value", "found"),
    [
        ("is", "Тверь", {"А", "Б"}),
        ("is", "твер", set()),
        ("is_not", "тверь", {"В", "Г"}),
        ("begins", "твер", {"А", "Б"}),
        ("begins", "великий н", {"В"}),
        ("empty", None, {"Г"}),
        ("not_empty", None, {"А", "Б", "В"}),
        ("is", "O'Neil\\ | &", set()),
    ],
)
def test_texts(
    member: User, fields: dict[str, ContactField], test: str, value: str | None, found: set[str]
) -> None:
    for name, city in (("А", "Тверь"), ("Б", "ТВЕРЬ"), ("В", "Великий  Новгород"), ("Г", None)):
        person(member, name, **({"city": city} if city else {}))
    rule = {"kind": "text", "field": fields["city"].pk, "test": test}

    assert names(saved(member, rule | ({"value": value} if value else {}))) == found


@pytest.mark.parametrize(
    ("test", "value", "found"),
    [
        ("is", "петрова  АННА", {"Петрова Анна"}),
        ("is", "Анна", set()),
        ("is_not", "Петрова Анна", {"Яна"}),
        ("begins", "анн петр", {"Петрова Анна"}),
        ("begins", "***", set()),
        ("is", "***", set()),
    ],
)
def test_names(member: User, test: str, value: str, found: set[str]) -> None:
    for name in ("Петрова Анна", "Яна"):
        person(member, name)

    rule = {"kind": "text", "field": "name", "test": test, "value": value}
    assert names(saved(member, rule)) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"test": "today"}, {"28.02", "29.02"}),
        ({"test": "this_week"}, {"23.02", "28.02", "29.02", "01.03"}),
        ({"test": "this_month"}, {"23.02", "28.02", "29.02"}),
        ({"test": "month", "number": 3}, {"01.03", "07.03"}),
        ({"test": "next_days", "number": 7}, {"28.02", "29.02", "01.03", "07.03"}),
        ({"test": "before", "day": "1990-01-01"}, {"23.02", "29.02"}),
        ({"test": "after", "day": "1990-02-28"}, {"01.03", "07.03"}),
        ({"test": "empty"}, {"-"}),
        ({"test": "not_empty"}, {"23.02", "28.02", "29.02", "01.03", "07.03"}),
    ],
)
def test_dates_in_the_organisations_time_zone(
    member: User, fields: dict[str, ContactField], rule: dict[str, object], found: set[str]
) -> None:
    days = ("1980-02-23", "1990-02-28", "1988-02-29", "1991-03-01", "2000-03-07")
    for day in days:
        person(member, f"{day[8:]}.{day[5:7]}", born=day)
    person(member, "-")

    assert names(saved(member, {"kind": "date", "field": fields["born"].pk, **rule})) == found


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"test": "equals", "value": "5"}, {"5", "5.0"}),
        ({"test": "less", "value": "5"}, {"-1"}),
        ({"test": "more", "value": "4.99"}, {"5", "5.0", "100"}),
        ({"test": "between", "value": "-1", "upper": "5"}, {"-1", "5", "5.0"}),
        ({"test": "empty"}, {"none"}),
        ({"test": "not_empty"}, {"-1", "5", "5.0", "100", "nonsense"}),
    ],
)
def test_numbers(
    member: User, fields: dict[str, ContactField], rule: dict[str, object], found: set[str]
) -> None:
    for number in ("-1", "5", "5.0", "100", "nonsense"):
        person(member, number, visits=number)
    person(member, "none")

    group = saved(member, {"kind": "number", "field": fields["visits"].pk, **rule})
    assert {contact.given_name for contact in contacts_of(group, now=NOW)} == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("1.5", {"1.5", "1.50"}),
        ("1.50", {"1.5", "1.50"}),
        ("1", {"1"}),
        ("-1.5", {"-1.5"}),
        ("100", {"100", "100.0"}),
        ("0", {"0"}),
        ("-0", {"0"}),
    ],
)
def test_a_number_equals_however_it_is_written(
    member: User, fields: dict[str, ContactField], value: str, found: set[str]
) -> None:
    for number in ("1.5", "1.50", "1.55", "15", "1", "-1.5", "100", "100.0", "1000", "0", "0.5"):
        person(member, number, visits=number)

    rule = {"kind": "number", "field": fields["visits"].pk, "test": "equals", "value": value}
    group = saved(member, rule)

    assert {contact.given_name for contact in contacts_of(group, now=NOW)} == found


def test_when_they_were_added_and_other_groups(member: User) -> None:
    old = person(member, "Старый", created_at=datetime(2026, 1, 31, 20, 59, tzinfo=UTC))
    new = person(member, "Новый", created_at=datetime(2026, 1, 31, 21, 0, tzinfo=UTC))
    group = GroupFactory(organisation=member.organisation)
    group.contacts.add(old)

    assert names(saved(member, {"kind": "added", "after": "2026-01-31"})) == {new.name}
    assert names(saved(member, {"kind": "group", "group": group.pk, "is_in": True})) == {old.name}
    assert names(saved(member, {"kind": "group", "group": group.pk, "is_in": False})) == {new.name}


def test_added_after_the_last_of_all_days_finds_nobody(client: Client, member: User) -> None:
    person(member, "А")

    group = saved(member, {"kind": "added", "after": "9999-12-31"}, match="any")

    assert names(group) == set()
    assert client.get(reverse("contacts:group", args=[group.pk])).status_code == 200


@pytest.mark.parametrize(
    ("day", "is_saved"), [("0001-01-01", True), ("9999-12-30", True), ("9999-12-31", False)]
)
def test_a_day_that_none_follows_is_refused_with_words(
    client: Client, member: User, day: str, is_saved: bool
) -> None:
    rule = {"r0-subject": "added", "r0-test": "after", "r0-value": day}
    data = {"name": "F", "whose": "shared", "match": "all", "count": "1", **rule}

    page = client.post(ADD, {**data, "save": "1"}, follow=True)

    assert Group.objects.exists() is is_saved
    assert ("The day is too far ahead." in page.content.decode()) is not is_saved


def test_all_of_the_rules_or_any(member: User, fields: dict[str, ContactField]) -> None:
    person(member, "Анна", city="Тверь")
    person(member, "Яна", city="Тверь")
    person(member, "Анна Вторая")
    rules = (
        {"kind": "text", "field": "name", "test": "begins", "value": "Анна"},
        {"kind": "text", "field": fields["city"].pk, "test": "is", "value": "Тверь"},
    )

    assert names(saved(member, *rules)) == {"Анна"}
    assert names(saved(member, *rules, match="any")) == {"Анна", "Яна", "Анна Вторая"}


def test_a_shared_filter_finds_shared_contacts_and_an_own_one_its_owners_too(
    member: User,
) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    for name, owner in (("Общий", None), ("Свой", member), ("Чужой", colleague)):
        person(member, name, owner=owner)
    ContactFactory(name="Не отсюда")
    rule = {"kind": "text", "field": "name", "test": "not_empty"}

    assert names(saved(member, rule)) == {"Общий"}
    assert names(saved(member, rule, owner=member)) == {"Общий", "Свой"}


@pytest.mark.parametrize("gone", ["field", "kind", "group", "foreign group", "grammar"])
def test_a_filter_that_asks_about_what_is_gone_finds_nobody(
    member: User, fields: dict[str, ContactField], gone: str
) -> None:
    person(member, "Анна")
    is_not = {"kind": "text", "field": fields["city"].pk, "test": "is_not", "value": "Тверь"}
    foreign = GroupFactory()
    rules: dict[str, dict[str, object]] = {
        "field": is_not | {"field": 10**9},
        "kind": is_not | {"field": fields["born"].pk},
        "group": {"kind": "group", "group": 10**9, "is_in": False},
        "foreign group": {"kind": "group", "group": foreign.pk, "is_in": False},
        "grammar": {"kind": "everybody"},
    }

    assert names(saved(member, is_not)) == {"Анна"}
    assert names(saved(member, rules[gone])) == set()


def test_archived_contacts_are_found_by_no_filter(member: User) -> None:
    contact = person(member, "Анна")
    Contact.objects.filter(pk=contact.pk).update(archived_at=NOW)

    assert names(saved(member, {"kind": "text", "field": "name", "test": "not_empty"})) == set()


def posted(fields: dict[str, ContactField], **more: str) -> dict[str, str]:
    return {
        "name": "Тверь",
        "whose": "shared",
        "match": "all",
        "count": "1",
        "r0-subject": str(fields["city"].pk),
        "r0-test": "is",
        "r0-value": "Тверь",
        **more,
    }


def test_the_builder_looks_and_then_saves(
    client: Client, member: User, fields: dict[str, ContactField]
) -> None:
    person(member, "Анна", city="Тверь")

    looked = client.post(ADD, posted(fields), headers={"HX-Request": "true"})
    assert looked.context["look"]["count"] == 1
    assert [contact.name for contact in looked.context["look"]["some"]] == ["Анна"]
    assert not Group.objects.exists()

    answer = client.post(ADD, posted(fields, save="1"))
    group = Group.objects.get()
    assert answer.headers["Location"] == reverse("contacts:group", args=[group.pk])
    assert names(group) == {"Анна"}
    assert "Анна" in client.get(answer.headers["Location"]).content.decode()


def test_a_saved_filter_is_changed(
    client: Client, member: User, fields: dict[str, ContactField]
) -> None:
    client.post(ADD, posted(fields, save="1"))
    group = Group.objects.get()
    edit = reverse("contacts:filter_edit", args=[group.pk])

    assert client.get(edit).context["form"].conditions.to_json() == group.conditions
    client.post(edit, posted(fields, save="1", name="Псков", **{"r0-value": "Псков"}))

    group.refresh_from_db()
    assert (group.name, group.conditions["rules"][0]["value"]) == ("Псков", "Псков")


def test_rules_are_added_and_taken_off(
    client: Client, member: User, fields: dict[str, ContactField]
) -> None:
    more = client.post(ADD, posted(fields, add="1")).context["form"]
    assert len(more.rule_forms) == 2

    second = {"r1-subject": "name", "r1-test": "begins", "r1-value": "Анна", "count": "2"}
    fewer = client.post(ADD, posted(fields, **second, remove="0")).context["form"]
    assert [form["value"].value() for form in fewer.rule_forms] == ["Анна"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"r0-value": ""},
        {"r0-value": "a" * 151},
        {"name": ""},
        {"whose": "everybody's"},
        {"r0-test": "month", "r0-value": "13", "r0-subject": "born"},
        {"r0-test": "more", "r0-value": "NaN", "r0-subject": "visits"},
        {"r0-test": "more", "r0-value": "1e5", "r0-subject": "visits"},
        {"r0-test": "before", "r0-value": "31.12.2025", "r0-subject": "born"},
        {"r0-test": "next_days", "r0-value": "100000", "r0-subject": "born"},
    ],
)
def test_a_rule_that_says_nothing_is_refused_and_stays_there(
    client: Client, member: User, fields: dict[str, ContactField], wrong: dict[str, str]
) -> None:
    subject = fields.get(wrong.get("r0-subject", ""))
    data = posted(fields, save="1", **wrong) | ({"r0-subject": str(subject.pk)} if subject else {})

    response = client.post(ADD, data)

    assert response.status_code == 200
    assert not Group.objects.exists()


def test_the_lists_filter_becomes_a_saved_one(
    client: Client, member: User, fields: dict[str, ContactField]
) -> None:
    group = GroupFactory(organisation=member.organisation)
    address = {"q": "анн", "group": group.pk, f"f{fields['city'].pk}": "Тверь", "whose": "own"}

    form = client.get(ADD, address).context["form"]

    assert form.is_own
    assert form.conditions.to_json()["rules"] == [
        {"kind": "text", "field": "name", "test": "begins", "value": "анн"},
        {"kind": "group", "group": group.pk, "is_in": True},
        {"kind": "text", "field": fields["city"].pk, "test": "is", "value": "Тверь"},
    ]


def test_a_colleagues_own_filter_does_not_exist_here(client: Client, member: User) -> None:
    colleague = MemberFactory(organisation=member.organisation)
    rule = {"kind": "text", "field": "name", "test": "not_empty"}
    group = saved(member, rule, owner=colleague)

    for name in ("filter_edit", "group", "group_size"):
        assert client.get(reverse(f"contacts:{name}", args=[group.pk])).status_code == 404


def test_a_filters_page_says_its_rules_in_words(
    client: Client, member: User, fields: dict[str, ContactField]
) -> None:
    regulars = GroupFactory(organisation=member.organisation, name="Свои")
    born, visits = fields["born"].pk, fields["visits"].pk
    group = saved(
        member,
        {"kind": "text", "field": "name", "test": "begins", "value": "Ан"},
        {"kind": "text", "field": fields["city"].pk, "test": "empty"},
        {"kind": "date", "field": born, "test": "month", "number": 5},
        {"kind": "date", "field": born, "test": "next_days", "number": 7},
        {"kind": "date", "field": born, "test": "before", "day": "2001-02-03"},
        {"kind": "date", "field": born, "test": "today"},
        {"kind": "number", "field": visits, "test": "between", "value": "1.5", "upper": "9"},
        {"kind": "added", "after": "2026-01-31"},
        {"kind": "group", "group": regulars.pk, "is_in": False},
        match="any",
    )

    context = client.get(reverse("contacts:group", args=[group.pk])).context

    assert context["matches_any"]
    assert context["rules"] == [
        "Name begins with “Ан”",
        "city is empty",
        "born is in the month May",
        "born is within 7 days from today, whatever the year",
        "born is before 3 Feb 2001",
        "born is today, whatever the year",
        "visits is between 1.5 – 9",
        "Added is after 31 Jan 2026",
        "Contact is not among “Свои”",
    ]


def test_who_is_on_the_stop_list_is_marked_in_a_filter_and_its_look(
    client: Client, member: User
) -> None:
    stopped = person(member, "Анна")
    StopFactory(organisation=member.organisation, phone=stopped.phone)
    group = saved(member, {"kind": "text", "field": "name", "test": "is", "value": "Анна"})

    for page in ("group", "filter_edit"):
        address = reverse(f"contacts:{page}", args=[group.pk])
        assert "on the stop list" in client.get(address).content.decode()
