"""Managers set when approval is wanted."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Refused
from portal.messaging.approvals.services import approval_rules_set
from portal.messaging.models import ApprovalRules
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    manager: User = MemberFactory(role=Role.MANAGER)
    return manager


def client_of(member: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def opened(member: User) -> str:
    return client_of(member).get(reverse("messaging:approval_rules")).content.decode()


def save(member: User, **fields: Any) -> HttpResponse:
    answer = client_of(member).post(reverse("messaging:approval_rules"), fields)
    assert isinstance(answer, HttpResponse)
    return answer


def kept(member: User) -> ApprovalRules:
    return ApprovalRules.objects.get(organisation=member.organisation)


def test_a_manager_sets_every_rule(manager: User) -> None:
    answer = save(
        manager,
        above_recipients="500",
        above_cost="1000.50",
        on_first_use="on",
        outside_from="21:00",
        outside_until="08:00",
        fresh_import_days="3",
    )
    assert answer.status_code == 302
    rules = kept(manager)
    assert (rules.above_recipients, rules.above_cost) == (500, Decimal("1000.50"))
    assert (rules.outside_from, rules.outside_until) == (time(21), time(8))
    assert (rules.on_first_use, rules.fresh_import_days) == (True, 3)


def test_an_emptied_field_is_no_rule_any_more(manager: User) -> None:
    save(manager, above_recipients="500")
    save(manager, above_recipients="")
    assert kept(manager).above_recipients is None


def test_what_was_changed_is_on_record(manager: User) -> None:
    save(manager, above_recipients="500")
    save(manager, above_recipients="400")
    save(manager, above_recipients="400")
    events = Event.objects.filter(action=Action.CHANGED, object_type="messaging.approvalrules")
    assert [event.details for event in events.order_by("pk")] == [
        {"above_recipients": {"from": None, "to": 500}},
        {"above_recipients": {"from": 500, "to": 400}},
    ]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"outside_from": "21:00"}, "outside_until"),
        ({"outside_until": "08:00"}, "outside_from"),
        ({"outside_from": "21:00", "outside_until": "21:00"}, "outside_until"),
        ({"outside_from": "25:00", "outside_until": "08:00"}, "outside_from"),
        ({"above_recipients": "-1"}, "above_recipients"),
        ({"above_recipients": "99999999999999999999"}, "above_recipients"),
        ({"above_cost": "-0.01"}, "above_cost"),
        ({"above_cost": "1e400"}, "above_cost"),
        ({"above_cost": "NaN"}, "above_cost"),
        ({"fresh_import_days": "999999"}, "fresh_import_days"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_field_and_keeps_what_was_typed(
    manager: User, fields: dict[str, str], at: str
) -> None:
    answer = save(manager, **fields)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="error_1_id_{at}"' in page
    assert f'value="{next(iter(fields.values()))}"' in page
    assert not ApprovalRules.objects.exists()


def test_the_page_names_who_may_approve(manager: User) -> None:
    colleague = MemberFactory(organisation=manager.organisation, role=Role.MANAGER)
    sender = MemberFactory(organisation=manager.organisation)
    gone = MemberFactory(organisation=manager.organisation, role=Role.MANAGER, is_active=False)
    page = opened(manager)
    assert manager.email in page
    assert colleague.email in page
    assert sender.email not in page
    assert gone.email not in page


def test_a_single_manager_is_warned_that_nobody_could_approve_theirs(manager: User) -> None:
    assert 'id="stranded"' in opened(manager)
    MemberFactory(organisation=manager.organisation, role=Role.MANAGER)
    assert 'id="stranded"' not in opened(manager)


@pytest.mark.parametrize("role", [Role.SENDER, Role.AUDITOR])
def test_nobody_else_sets_rules(manager: User, role: Role) -> None:
    member = MemberFactory(organisation=manager.organisation, role=role)
    assert save(member, above_recipients="1").status_code == 403
    assert manager.organisation is not None
    with pytest.raises(Refused):
        approval_rules_set(
            organisation=manager.organisation, rules={"above_recipients": 1}, actor=member
        )
    assert not ApprovalRules.objects.exists()


def test_one_organisations_rules_are_not_anothers(manager: User) -> None:
    other = MemberFactory(role=Role.MANAGER)
    save(manager, above_recipients="500")
    assert 'value="500"' in opened(manager)
    assert 'value="500"' not in opened(other)
    assert manager.organisation is not None
    with pytest.raises(Refused):
        approval_rules_set(organisation=manager.organisation, rules={}, actor=other)
