from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.senders.models import SenderName, SenderState
from tests.factories import (
    AdministratorFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)

pytestmark = pytest.mark.django_db

LIST = reverse("senders:sender_names")
ASK = reverse("senders:ask")


@pytest.fixture
def manager(client: Client) -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    client.force_login(manager)
    return manager


def test_a_manager_asks_for_a_sender_name(client: Client, manager: User) -> None:
    response = client.post(ASK, {"value": "ACME"})

    assert response.headers["Location"] == LIST
    asked = SenderName.objects.get()
    assert (asked.value, asked.state, asked.requested_by, asked.organisation) == (
        "ACME",
        SenderState.REQUESTED,
        manager,
        manager.organisation,
    )


@pytest.mark.parametrize(
    "bad",
    [
        "АBC",
        "ABC\n",
        "ABCDEFGHIJKL",
        "1234567890123456",
        "SMS Info",
        "sms info",
        " ABC",
        "ABC ",
        "",
        "...",
        "A\0B",
        "<b>",
        "x" * 100,
    ],
)
def test_a_value_against_the_rules_is_refused_beside_its_field(
    client: Client, manager: User, bad: str
) -> None:
    response = client.post(ASK, {"value": bad})

    assert response.context["form"].errors["value"]
    assert not SenderName.objects.exists()


@pytest.mark.parametrize("good", ["A", "ACME & Co.", "123456789012345", "a-b_c+d!/&."])
def test_a_value_within_the_rules_is_kept_exactly(client: Client, manager: User, good: str) -> None:
    client.post(ASK, {"value": good})

    assert SenderName.objects.get().value == good


def test_a_wrong_case_twin_of_an_approved_name_is_refused(client: Client, manager: User) -> None:
    SenderNameFactory(organisation=manager.organisation, value="ACME")

    response = client.post(ASK, {"value": "Acme"})

    assert response.context["form"].errors["value"]
    assert SenderName.objects.count() == 1


def test_a_rejected_name_may_be_asked_for_again(client: Client, manager: User) -> None:
    SenderNameFactory(
        organisation=manager.organisation, value="ACME", state=SenderState.REJECTED, reason="нет"
    )

    client.post(ASK, {"value": "ACME"})

    assert SenderName.objects.get().state == SenderState.REQUESTED


def test_extra_fields_are_ignored(client: Client, manager: User) -> None:
    client.post(
        ASK, {"value": "ACME", "state": "approved", "organisation": OrganisationFactory().pk}
    )

    asked = SenderName.objects.get()
    assert (asked.state, asked.organisation) == (SenderState.REQUESTED, manager.organisation)


def test_the_list_shows_state_reason_who_asked_and_when_it_was_decided(
    client: Client, manager: User
) -> None:
    SenderNameFactory(
        organisation=manager.organisation,
        value="ACME",
        state=SenderState.REVOKED,
        reason="<script>жалобы</script>",
        requested_by=manager,
        decided_by=AdministratorFactory(email="staff@example.com"),
        decided_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )

    page = client.get(LIST).content.decode()

    assert "ACME" in page
    assert "&lt;script&gt;жалобы" in page
    assert "<script>жалобы" not in page
    assert str(manager) in page.split("</header>")[1]
    assert "15:00" in page
    assert "staff@example.com" not in page


def test_nobody_may_send_under_a_name_before_it_is_approved(client: Client, manager: User) -> None:
    name = SenderNameFactory(organisation=manager.organisation, state=SenderState.REQUESTED)
    assert "everybody who may send" not in client.get(LIST).content.decode()

    SenderName.objects.filter(pk=name.pk).update(state=SenderState.APPROVED)

    assert "everybody who may send" in client.get(LIST).content.decode()


def test_another_organisations_names_do_not_exist_here(client: Client, manager: User) -> None:
    SenderNameFactory(value="STRANGER")

    assert "STRANGER" not in client.get(LIST).content.decode()


@pytest.mark.parametrize("role", [Role.SENDER, Role.AUDITOR])
def test_others_read_the_list_and_do_not_ask(client: Client, role: Role) -> None:
    reader = MemberFactory(role=role)
    SenderNameFactory(organisation=reader.organisation, value="ACME")
    client.force_login(reader)

    page = client.get(LIST).content.decode()

    assert "ACME" in page
    assert ASK not in page
    assert client.get(ASK).status_code == 403
    assert client.post(ASK, {"value": "OTHER"}).status_code == 403
