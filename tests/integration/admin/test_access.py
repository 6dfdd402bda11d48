"""Who comes into the administrators' site, and that looking changes nothing."""

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.models import LedgerEntry
from portal.delivery.models import Attempt, Envelope, GatewayAccount, Message
from portal.senders.models import SenderName, SenderState
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    submit_message,
)
from tests.integration.admin.pages import page_url, text_of

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def test_only_the_portals_own_pages_are_there() -> None:
    assert {model._meta.label for model in MODELS} == {
        "accounts.Organisation",
        "accounts.User",
        "audit.Event",
        "billing.LedgerEntry",
        "contacts.StopListEntry",
        "delivery.Attempt",
        "delivery.Envelope",
        "delivery.GatewayAccount",
        "delivery.Message",
        "senders.SenderName",
    }


def every_url() -> list[str]:
    lists = [page_url(model, "changelist") for model in MODELS]
    forms = [page_url(model, "add") for model in MODELS]
    return [reverse("admin:index"), *lists, *forms]


@pytest.mark.parametrize("role", Role.values)
def test_a_member_of_any_role_gets_no_page(client: Client, role: str) -> None:
    member = MemberFactory(role=role)
    client.force_login(member)

    for url in [
        *every_url(),
        page_url(member, "change"),
        page_url(member, "action", "new-password"),
    ]:
        assert client.get(url).status_code in {302, 403}, url
        assert client.post(url, {"is_staff": "on"}).status_code in {302, 403}, url
    member.refresh_from_db()
    assert not member.is_staff


def test_somebody_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    for url in every_url():
        response = client.get(url)
        assert response.status_code == 302, url
        assert "login" in response.headers["Location"], url


def test_an_administrator_who_was_switched_off_gets_no_page(
    office: Client, administrator: User
) -> None:
    administrator.is_active = False
    administrator.save()

    assert office.get(reverse("admin:index")).status_code == 302


@pytest.mark.parametrize("model", [Message, Envelope, Attempt])
def test_the_outbox_is_only_looked_at(office: Client, model: type[models.Model]) -> None:
    envelope = submit_message(MemberFactory()).envelopes.get()
    shown = {Message: envelope.message, Envelope: envelope, Attempt: an_attempt(envelope)}[model]

    assert office.get(page_url(shown, "change")).status_code == 200
    assert office.post(page_url(shown, "change"), {"state": "accepted"}).status_code == 403
    assert office.get(page_url(model, "add")).status_code == 403
    assert office.post(page_url(shown, "delete"), {"post": "yes"}).status_code == 403


def an_attempt(envelope: Envelope) -> Attempt:
    return Attempt.objects.create(
        envelope=envelope,
        started_at=timezone.now(),
        ended_at=timezone.now(),
        phase="dot",
        outcome="uncertain",
    )


def test_audit_events_are_only_looked_at(office: Client) -> None:
    event = event_record(action=Action.CHANGED, actor=None, organisation_id=None)

    assert office.get(page_url(event, "change")).status_code == 200
    assert office.post(page_url(event, "change"), {"actor_label": "x"}).status_code == 403
    assert office.get(page_url(type(event), "add")).status_code == 403
    assert office.post(page_url(event, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [User, SenderName, GatewayAccount, LedgerEntry])
def test_nothing_is_deleted_here(office: Client, model: type[models.Model]) -> None:
    member = MemberFactory()
    submit_message(member)
    row = model._default_manager.order_by("pk").first() or member

    assert office.post(page_url(row, "delete"), {"post": "yes"}).status_code == 403
    office.post(
        page_url(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk}
    )
    assert model._default_manager.filter(pk=row.pk).exists() or model is LedgerEntry


def test_ones_own_password_is_changed_where_everybody_changes_it(office: Client) -> None:
    response = office.get(reverse("admin:password_change"))

    assert response.headers["Location"] == reverse("account_change_password")


def test_the_first_page_says_what_waits_for_the_administrator(office: Client) -> None:
    SenderNameFactory(state=SenderState.REQUESTED)
    GatewayAccountFactory(paused_reason="auth: 535 no")

    page = text_of(office.get(reverse("admin:index")))

    assert "SMS portal administration" in page
    assert "1 sender name to decide on" in page
    assert "Gateway account of" in page


def test_who_has_no_organisation_gets_no_link_to_the_members_site(
    office: Client, administrator: User
) -> None:
    assert "View site" not in text_of(office.get(reverse("admin:index")))

    administrator.organisation = OrganisationFactory()
    administrator.role = Role.MANAGER
    administrator.save()

    assert "View site" in text_of(office.get(reverse("admin:index")))


def test_the_language_is_switched_here_too(office: Client) -> None:
    page = text_of(office.get(reverse("admin:index")))
    assert f'action="{reverse("set_language")}"' in page

    office.post(reverse("set_language"), {"language": "ru", "next": reverse("admin:index")})

    assert '<html lang="ru"' in text_of(office.get(reverse("admin:index")))
