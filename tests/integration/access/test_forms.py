"""What a forged form cannot do, at every address that takes one."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import Contact, Group
from portal.delivery.models import Message
from tests.factories import (
    PASSWORD,
    ContactFactory,
    GroupFactory,
    MemberFactory,
    submit_message,
)
from tests.integration.access.conftest import undone
from tests.integration.access.routes import DRAFT, TABLE, WRITERS, Outcome, Row
from tests.integration.access.snapshot import meaning, snapshot
from tests.integration.access.world import Actor, World

pytestmark = pytest.mark.django_db

WRITING = [row for row in TABLE if row.post is Outcome.WRITES]
EVIL = ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]


def pushed(world: World) -> dict[str, object]:
    """Fields that no form has, or not for this row."""
    return {
        "organisation": world.elsewhere.pk,
        "organisation_id": world.elsewhere.pk,
        "author": world.ids["member"],
        "is_staff": "on",
        "is_superuser": "on",
        "must_change_password": "",
        "status": "accepted",
        "state": "approved",
        "price_per_segment": "0",
        "id": "1",
        "pk": "1",
    }


def writer_of(row: Row) -> Actor:
    return Actor.ADMINISTRATOR if row.is_admin else Actor.MANAGER


@pytest.mark.parametrize(
    "row",
    # A new organisation's id is in the audit trail, and another one each time.
    [row for row in WRITING if row.address != "/admin/accounts/organisation/add/"],
    ids=lambda row: row.address,
)
def test_fields_that_a_form_does_not_have_are_ignored(world: World, row: Row) -> None:
    results = []
    for extra in ({}, pushed(world)):
        with undone():
            browser = world.browser_of(writer_of(row))
            browser.post(row.url(world), {**extra, **row.data(world)})
            results.append(meaning())

    assert results[0] == results[1]


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.post is not Outcome.NOT_ALLOWED],
    ids=lambda row: row.address,
)
def test_a_form_of_another_site_is_refused(world: World, row: Row) -> None:
    before = snapshot()
    browser = world.browser_of(writer_of(row))
    browser.handler.enforce_csrf_checks = True

    response = browser.post(row.url(world), row.data(world))

    assert response.status_code == 403
    assert snapshot() == before


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.address)
def test_no_address_is_changed_by_head_put_or_delete(world: World, row: Row) -> None:
    before = snapshot()
    browser = world.browser_of(writer_of(row))

    for method in ("head", "put", "delete"):
        with undone():
            status = getattr(browser, method)(row.url(world)).status_code
            assert status < 500 or row.get is Outcome.UNREADY
            assert snapshot() == before


@pytest.mark.parametrize("actor", sorted(WRITERS))
def test_another_organisations_contacts_and_groups_join_no_message(
    world: World, actor: Actor
) -> None:
    contact: Contact = ContactFactory(organisation=world.elsewhere)
    group: Group = GroupFactory(organisation=world.elsewhere)
    group.contacts.add(contact)
    browser = world.browser_of(actor)

    for picked in ({"contacts": contact.pk}, {"groups": group.pk}):
        for page in ("confirm", "send", "live", "compose"):
            response = browser.post(
                reverse(f"messaging:{page}"), {**DRAFT, "numbers": "", **picked}
            )
            assert contact.phone[-7:] not in response.content.decode().replace("-", "")
            assert contact.name not in response.content.decode()
    assert not Message.objects.filter(form_key=DRAFT["form_key"]).exists()


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.address.count("{") > 1], ids=lambda row: row.address
)
def test_an_object_of_ones_own_opens_no_foreign_one_beside_it(world: World, row: Row) -> None:
    message = submit_message(MemberFactory(organisation=world.elsewhere))
    contact = ContactFactory(organisation=world.elsewhere)
    foreign = {
        "uncertain": message.pk,
        "envelope": message.envelopes.get().pk,
        "group": GroupFactory(organisation=world.elsewhere).pk,
        "inside": contact.pk,
        "outside": contact.pk,
    }
    before = snapshot()

    for name in foreign:
        if f"{{{name}}}" in row.address:
            url = row.address.format(**world.ids | {name: foreign[name]})
            assert world.browser_of(Actor.MANAGER).post(url).status_code == 404
            assert snapshot() == before


def test_another_organisations_group_takes_no_contact(world: World) -> None:
    group: Group = GroupFactory(organisation=world.elsewhere)
    before = snapshot()
    data = {"name": "Анна", "phone": "8 921 555-00-00", "groups": group.pk}

    response = world.browser_of(Actor.MANAGER).post(reverse("contacts:add"), data)

    assert response.status_code == 404
    assert snapshot() == before


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("page", ["account_login", "account_logout", "set_language"])
def test_nobody_is_led_away_from_the_site(client: Client, page: str, evil: str) -> None:
    member = MemberFactory()
    if page != "account_login":
        client.force_login(member)
    data = {"login": member.email, "password": PASSWORD, "language": "en", "next": evil}

    response = client.post(reverse(page), data)

    assert response.status_code == 302
    assert response.headers["Location"] in {reverse("home"), reverse("account_login")}


@pytest.mark.parametrize("evil", EVIL)
def test_who_is_signed_in_already_is_not_led_away_either(client: Client, evil: str) -> None:
    client.force_login(MemberFactory())

    response = client.get(reverse("account_login"), {"next": evil})

    assert response.headers["Location"] == reverse("home")


def test_a_manager_who_was_demoted_manages_no_more_at_the_next_request(client: Client) -> None:
    manager = MemberFactory(role=Role.MANAGER)
    client.force_login(manager)
    assert client.get(reverse("members:add")).status_code == 200

    User.objects.filter(pk=manager.pk).update(role=Role.SENDER)

    assert client.get(reverse("members:add")).status_code == 403
    assert client.get(reverse("messaging:compose")).status_code == 200


def test_a_member_moved_to_another_organisation_sees_the_old_one_no_more(
    client: Client, world: World
) -> None:
    member = MemberFactory(organisation=world.home, role=Role.MANAGER)
    client.force_login(member)
    message = reverse("history:message", args=[world.ids["queued"]])
    assert client.get(message).status_code == 200

    User.objects.filter(pk=member.pk).update(organisation=world.elsewhere)

    assert client.get(message).status_code == 404
