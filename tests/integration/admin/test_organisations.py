"""Organisations and their balances on the administrators' pages."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import Organisation, Plan
from portal.audit.models import Action, Event
from portal.billing.models import Kind, LedgerEntry
from portal.billing.services import balance
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
from tests.integration.admin.pages import errors_of, messages_of, page_url, text_of

pytestmark = pytest.mark.django_db

FIELDS = {
    "name": "ООО Ромашка",
    "time_zone": "Asia/Novosibirsk",
    "currency": "RUB",
    "plan": "prepaid",
    "price_per_segment": "2.5",
    "segment_ceiling": "5",
    "allowed_countries": "RU,BY",
}


def test_an_organisation_is_made(office: Client) -> None:
    office.post(page_url(Organisation, "add"), FIELDS)

    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.plan) == ("ООО Ромашка", Plan.PREPAID)
    assert organisation.allowed_countries == ["RU", "BY"]
    event = Event.objects.get(action=Action.CREATED)
    assert (event.organisation_id, event.actor_label) == (organisation.pk, "root@example.com")


def test_a_change_is_recorded_with_old_and_new_values(office: Client) -> None:
    organisation = OrganisationFactory(name="Old")

    office.post(
        page_url(organisation, "change"),
        FIELDS | {"time_zone": "Europe/Moscow", "plan": "unlimited", "allowed_countries": "RU"},
    )

    organisation.refresh_from_db()
    assert (organisation.name, organisation.price_per_segment) == ("ООО Ромашка", Decimal("2.5"))
    assert Event.objects.get(action=Action.CHANGED).details == {
        "name": {"from": "Old", "to": "ООО Ромашка"},
        "price_per_segment": {"from": "0.0000", "to": "2.5"},
        "segment_ceiling": {"from": 10, "to": 5},
    }


def test_extra_fields_are_ignored(office: Client) -> None:
    organisation = OrganisationFactory()
    other = OrganisationFactory()
    created_at = organisation.created_at

    office.post(
        page_url(organisation, "change"),
        FIELDS | {"id": other.pk, "created_at": "2001-01-01", "members": "1"},
    )

    organisation.refresh_from_db()
    other.refresh_from_db()
    assert (organisation.name, organisation.created_at) == ("ООО Ромашка", created_at)
    assert other.name != "ООО Ромашка"


def test_a_name_that_is_taken_is_refused_and_everything_typed_is_kept(office: Client) -> None:
    OrganisationFactory(name="ООО РОМАШКА")

    response = office.post(page_url(Organisation, "add"), FIELDS)

    assert response.status_code == 200
    assert "There is an organisation of this name already." in str(errors_of(response))
    assert "Asia/Novosibirsk" in text_of(response)
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("time_zone", "Mars/Olympus"),
        ("price_per_segment", "-1"),
        ("segment_ceiling", "0"),
        ("allowed_countries", "Russia"),
        ("plan", "free"),
    ],
)
def test_a_bad_value_is_refused_at_its_field(office: Client, field: str, value: str) -> None:
    response = office.post(page_url(Organisation, "add"), FIELDS | {field: value})

    assert field in errors_of(response)
    assert not Organisation.objects.exists()


def test_the_page_shows_the_balance_and_the_way_to_the_gateway_account(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True)
    page = text_of(office.get(page_url(organisation, "change")))
    assert page.count("0.00\u00a0₽") == 2
    assert "Set up the gateway account" in page

    account = GatewayAccountFactory(organisation=organisation)
    assert page_url(account, "change") in text_of(office.get(page_url(organisation, "change")))


def top_up(browser: Client, organisation: Organisation, **fields: str) -> Any:
    form = {
        "organisation": str(organisation.pk),
        "amount": "100.50",
        "note": "счёт 17",
        "form_key": str(uuid.uuid4()),
        **fields,
    }
    return browser.post(page_url(LedgerEntry, "add"), form)


def test_a_top_up_adds_to_the_balance(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True)

    top_up(office, organisation)

    assert balance(organisation).available == Decimal("100.50")
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.note) == (Kind.TOP_UP, "счёт 17")
    assert entry.actor_label == "root@example.com"
    assert Event.objects.get(action=Action.TOPPED_UP).details == {"amount": "100.50"}


@pytest.mark.parametrize(
    ("typed", "added"), [("10,5", "10.5"), ("10.50", "10.5"), ("1 000,25", "1000.25")]
)
def test_an_amount_is_read_as_people_write_it(office: Client, typed: str, added: str) -> None:
    organisation = OrganisationFactory(prepaid=True)

    top_up(office, organisation, amount=typed)

    assert balance(organisation).available == Decimal(added)


def test_the_amount_is_typed_into_a_field_that_drops_no_comma(office: Client) -> None:
    page = text_of(office.get(page_url(LedgerEntry, "add")))

    assert '<input type="text" name="amount" inputmode="decimal"' in page


def test_a_top_up_says_what_was_added_and_what_the_balance_is(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True, name="Acme")
    top_up(office, organisation)

    page = office.get(top_up(office, organisation, amount="10,5").headers["Location"])

    assert messages_of(page)[-1] == (
        "The balance of Acme is topped up by 10.50\u00a0₽ and is now 111.00\u00a0₽."
    )


def test_the_ledger_shows_changes_with_signs_and_a_symbol(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True)
    top_up(office, organisation)
    submit_message(MemberFactory(organisation=organisation))

    page = text_of(office.get(page_url(LedgerEntry, "changelist")))

    for change in ("+100.50\u00a0₽", "\u22122.50\u00a0₽", "+2.50\u00a0₽"):
        assert change in page
    assert "Rows: 2" in page


def test_a_price_is_written_with_a_comma_too(office: Client) -> None:
    office.post(page_url(Organisation, "add"), FIELDS | {"price_per_segment": "2,5"})

    organisation = Organisation.objects.get()
    assert organisation.price_per_segment == Decimal("2.5")
    page = text_of(office.get(page_url(organisation, "change")))
    assert 'name="price_per_segment" value="2.5"' in page


def test_a_second_click_on_top_up_adds_nothing(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True)
    page = office.get(page_url(LedgerEntry, "add"), {"organisation": organisation.pk})
    rendered = re.findall(r'name="form_key" value="([^"]+)"', text_of(page))

    for _click in range(2):
        top_up(office, organisation, form_key=rendered[0])

    assert balance(organisation).available == Decimal("100.50")
    assert Event.objects.filter(action=Action.TOPPED_UP).count() == 1


def test_another_amount_from_the_same_form_is_refused(office: Client) -> None:
    organisation = OrganisationFactory(prepaid=True)
    key = str(uuid.uuid4())
    top_up(office, organisation, form_key=key)

    response = top_up(office, organisation, form_key=key, amount="5")

    assert "already made with another amount" in str(errors_of(response))
    assert balance(organisation).available == Decimal("100.50")


def test_the_top_up_page_takes_the_organisation_it_was_opened_from(office: Client) -> None:
    organisation = OrganisationFactory()

    page = text_of(office.get(page_url(LedgerEntry, "add"), {"organisation": organisation.pk}))

    assert f'<option value="{organisation.pk}" selected>' in page
    assert "<h1>Top up</h1>" in page


def test_extra_fields_make_nothing_but_a_top_up(office: Client) -> None:
    organisation = OrganisationFactory()

    top_up(office, organisation, kind="release", reserved="5", actor_label="x", message_id="1")

    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.reserved, entry.message_id) == (Kind.TOP_UP, 0, None)


@pytest.mark.parametrize(
    "amount", ["", "0", "-5", "0.001", "1,000", "1,000.50", "NaN", "1e99", "сто"]
)
def test_a_bad_amount_is_refused_at_its_field(office: Client, amount: str) -> None:
    response = top_up(office, OrganisationFactory(), amount=amount)

    assert list(errors_of(response)) == ["amount"]
    assert not LedgerEntry.objects.exists()


def test_a_ledger_entry_cannot_be_changed(office: Client) -> None:
    organisation = OrganisationFactory()
    top_up(office, organisation)
    entry = LedgerEntry.objects.get()

    assert office.post(page_url(entry, "change"), {"amount": "1"}).status_code == 403
    assert office.get(page_url(entry, "change")).status_code == 200
