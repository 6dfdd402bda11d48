"""Two requests at the same moment, each with a transaction of its own."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client

from portal.accounts.models import Plan
from portal.billing.services import balance, top_up
from tests.factories import AdministratorFactory
from tests.integration.messaging.desk import Desk
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def beside(desk: Desk) -> Desk:
    """The same member in another tab."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(desk.member)
    return Desk(client, desk.member, desk.sender)


def test_a_double_click_makes_one_message(desk: Desk) -> None:
    filled_in = desk.filled_in()
    tabs = [desk, beside(desk)]

    answers = at_once(*(lambda tab=tab: tab.send(**filled_in) for tab in tabs))  # type: ignore[misc]

    [message] = desk.messages()
    for answer in answers:
        assert isinstance(answer, HttpResponse)
        assert answer.headers["Location"].endswith(f"/{message.pk}")


def test_two_tabs_never_spend_the_same_money(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of(plan=Plan.PREPAID, price_per_segment=Decimal("2.50"))
    top_up(organisation=desk.organisation, amount=Decimal(3), actor=AdministratorFactory())
    tabs = [desk, beside(desk)]

    answers = at_once(*(lambda tab=tab: tab.send() for tab in tabs))  # type: ignore[misc]

    assert len(desk.messages()) == 1
    assert sorted(answer.status_code for answer in answers) == [200, 302]  # type: ignore[union-attr]
    assert balance(desk.organisation).available == Decimal("0.50")
