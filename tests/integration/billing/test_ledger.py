"""The ledger of a prepaid organisation."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from portal.accounts.rights import Role
from portal.billing.models import Kind, LedgerEntry
from portal.billing.services import (
    NotEnoughMoney,
    Reserved,
    balance,
    capture,
    release,
    reserve,
    top_up,
)
from portal.core.errors import Conflict, Refused
from portal.delivery.models import Message
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    submit_message,
)
from tests.integration.threads import at_once

EDITS = {
    "update": "UPDATE billing_ledgerentry SET amount = 1000000",
    "delete": "DELETE FROM billing_ledgerentry",
    "truncate": "TRUNCATE billing_ledgerentry",
}


@pytest.mark.django_db
@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_sql_as_the_applications_role_cannot_touch_an_entry(statement: str) -> None:
    organisation = OrganisationFactory(prepaid=True)
    top_up(organisation=organisation, amount=Decimal(10), actor=AdministratorFactory())

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert balance(organisation).available == 10


@pytest.mark.django_db(transaction=True)
def test_two_messages_that_each_spend_the_last_of_the_balance() -> None:
    organisation = OrganisationFactory(prepaid=True)
    authors = [MemberFactory(organisation=organisation) for _ in range(2)]
    GatewayAccountFactory(organisation=organisation)
    SenderNameFactory(organisation=organisation)
    top_up(organisation=organisation, amount=Decimal("2.50"), actor=AdministratorFactory())

    results = at_once(
        lambda: submit_message(authors[0], "79210000000"),
        lambda: submit_message(authors[1], "79210000001"),
    )

    assert sorted(type(result).__name__ for result in results) == ["Message", "NotEnoughMoney"]
    assert Message.objects.count() == 1
    assert balance(organisation).available == 0
    assert balance(organisation).reserved == Decimal("2.50")


@pytest.mark.django_db
def test_a_message_beyond_the_balance_is_refused_and_leaves_nothing() -> None:
    organisation = OrganisationFactory(prepaid=True)
    author = MemberFactory(organisation=organisation)

    with pytest.raises(NotEnoughMoney):
        submit_message(author)

    assert not Message.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db
def test_captured_money_is_gone_and_released_money_may_be_spent_again() -> None:
    organisation = OrganisationFactory(prepaid=True)
    top_up(organisation=organisation, amount=Decimal(10), actor=AdministratorFactory())
    reserve(organisation=organisation, message_id=7, cost=Decimal(6), actor=MemberFactory())

    capture([Reserved(organisation.pk, 7, 71, Decimal(4))])
    release([Reserved(organisation.pk, 7, 72, Decimal(2))])

    assert balance(organisation).available == 6
    assert balance(organisation).reserved == 0


@pytest.mark.django_db
def test_an_envelopes_money_leaves_the_reservation_once() -> None:
    organisation = OrganisationFactory(prepaid=True)
    top_up(organisation=organisation, amount=Decimal(10), actor=AdministratorFactory())
    reserve(organisation=organisation, message_id=7, cost=Decimal(6), actor=MemberFactory())
    reserved = Reserved(organisation.pk, 7, 71, Decimal(6))
    capture([reserved])

    with pytest.raises(IntegrityError), transaction.atomic():
        release([reserved])

    assert balance(organisation).available == 4


@pytest.mark.django_db
def test_an_organisation_without_a_prepaid_plan_keeps_no_ledger() -> None:
    organisation = OrganisationFactory(price_per_segment=Decimal("2.50"))

    submit_message(MemberFactory(organisation=organisation))

    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity", "1E+30"])
def test_a_top_up_of_no_real_amount_is_refused(amount: str) -> None:
    with pytest.raises(Refused) as refused:
        top_up(
            organisation=OrganisationFactory(),
            amount=Decimal(amount),
            actor=AdministratorFactory(),
        )

    assert refused.value.field == "amount"
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_top_ups_under_one_key_at_the_same_moment_are_one() -> None:
    organisation = OrganisationFactory(prepaid=True)
    administrator = AdministratorFactory()

    def add() -> LedgerEntry:
        return top_up(organisation=organisation, amount=Decimal(5), actor=administrator, key="k")

    first, second = at_once(add, add)

    assert first == second
    assert balance(organisation).available == 5


@pytest.mark.django_db
def test_a_key_of_one_organisations_top_up_adds_nothing_to_another() -> None:
    administrator = AdministratorFactory()
    organisations = OrganisationFactory.create_batch(2)
    top_up(organisation=organisations[0], amount=Decimal(5), actor=administrator, key="k")

    with pytest.raises(Conflict):
        top_up(organisation=organisations[1], amount=Decimal(5), actor=administrator, key="k")

    assert balance(organisations[1]).available == 0


@pytest.mark.django_db
def test_a_manager_cannot_top_up() -> None:
    manager = MemberFactory(role=Role.MANAGER)

    with pytest.raises(Refused):
        top_up(organisation=manager.organisation, amount=Decimal(1), actor=manager)


@pytest.mark.django_db
def test_an_entry_that_moves_money_another_way_than_its_kind_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            organisation=OrganisationFactory(), kind=Kind.TOP_UP, amount=-5, actor_label="x"
        )
