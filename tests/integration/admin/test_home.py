"""What waits, on the administrators' first page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.delivery.gateways import gateway_pause
from portal.delivery.models import GatewayAccount
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.admin.pages import page_url, text_of
from tests.integration.history.answers import ACCEPTED, UNCERTAIN, answer, hold

pytestmark = pytest.mark.django_db

NOTHING = "Nothing. All is decided and every gateway account works."


def home(office: Client) -> str:
    return text_of(office.get(reverse("admin:index")))


def author_of(name: str) -> User:
    author: User = MemberFactory(organisation=OrganisationFactory(name=name), role=Role.SENDER)
    return author


def test_where_all_is_well_nothing_waits(office: Client) -> None:
    answer(submit_message(author_of("Ромашка")), ACCEPTED)

    assert NOTHING in home(office)


def test_uncertain_and_held_messages_are_counted_by_organisation_and_linked(
    office: Client,
) -> None:
    romashka, vasilek = author_of("Ромашка"), author_of("Василёк")
    for _ in range(2):
        answer(submit_message(romashka), UNCERTAIN)
    hold(submit_message(vasilek))

    page = home(office)

    assert NOTHING not in page
    assert "Ромашка: 2 messages with uncertain recipients" in page
    assert "Василёк: 1 message with held recipients" in page
    for author, state, count in ((romashka, "uncertain", 2), (vasilek, "held", 1)):
        query = f"?organisation__id__exact={author.organisation_id}&state={state}"
        assert query in page
        found = office.get(reverse("admin:delivery_message_changelist") + query)
        assert found.context["cl"].result_count == count


@pytest.mark.parametrize(
    ("health", "state", "words"),
    [
        ({"paused_reason": "auth: 535 no"}, "paused", "did not accept the account's login"),
        (
            {
                "failures": 2,
                "last_failure": "connect: connection refused",
                "not_before": timezone.now() + timedelta(hours=1),
            },
            "waits",
            "does not take connections now",
        ),
        ({"last_failure": "rcpt: 450 later"}, "slowed", "asked to come later"),
    ],
)
def test_accounts_that_are_not_well_are_named_with_the_reason(
    office: Client, health: dict[str, object], state: str, words: str
) -> None:
    account = GatewayAccountFactory(**health)

    page = home(office)

    assert f"Gateway account of {account.organisation}: {state}" in page
    assert words in page
    assert page_url(account, "change") in page
    assert NOTHING not in page


def test_an_administrators_pause_is_named_with_its_own_reason(
    office: Client, administrator: User
) -> None:
    account = GatewayAccountFactory()
    gateway_pause(account=account, reason="<b>Договор</b>", actor=administrator)

    page = office.get(reverse("admin:index")).content.decode()

    assert "&lt;b&gt;Договор" in page


def test_a_failure_that_is_over_is_no_news(office: Client) -> None:
    GatewayAccountFactory(last_failure="", not_before=timezone.now() - timedelta(hours=1))

    assert GatewayAccount.objects.count() == 1
    assert NOTHING in home(office)
