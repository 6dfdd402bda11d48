"""The balance as the database keeps it up, against the ledger's own sum."""

from decimal import Decimal
from threading import Event

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.accounts.models import Organisation
from portal.billing.models import LedgerSum
from portal.billing.services import (
    Balance,
    Reserved,
    balance,
    capture,
    release,
    reserve,
    sums_verify,
    top_up,
)
from tests.factories import AdministratorFactory, MemberFactory, OrganisationFactory
from tests.integration.threads import at_once


@transaction.atomic
def with_money(*, reserved: int) -> Organisation:
    organisation = OrganisationFactory(prepaid=True)
    top_up(organisation=organisation, amount=Decimal(100), actor=AdministratorFactory())
    reserve(organisation=organisation, message_id=1, cost=Decimal(reserved), actor=MemberFactory())
    return organisation


@pytest.mark.django_db(transaction=True)
def test_workers_that_settle_at_the_same_moment_do_not_wait_for_each_other() -> None:
    organisation = with_money(reserved=10)
    settled = [Event(), Event()]

    def settle(own: int) -> bool:
        with transaction.atomic():
            capture([Reserved(organisation.pk, 1, own, Decimal(own + 1))])
            settled[own].set()
            return settled[1 - own].wait(timeout=20)

    assert at_once(lambda: settle(0), lambda: settle(1)) == [True, True]
    assert balance(organisation) == Balance(Decimal(90), Decimal(7))
    assert sums_verify() == []


@pytest.mark.django_db(transaction=True)
def test_transactions_one_after_another_keep_one_row_of_sums() -> None:
    organisation = with_money(reserved=10)

    for envelope in range(3):
        capture([Reserved(organisation.pk, 1, envelope, Decimal(1))])

    assert LedgerSum.objects.filter(organisation=organisation).count() == 1


@pytest.mark.django_db
def test_one_settlement_may_belong_to_several_organisations() -> None:
    first, second = with_money(reserved=4), with_money(reserved=6)

    release([Reserved(first.pk, 1, 1, Decimal(4)), Reserved(second.pk, 1, 2, Decimal(5))])

    assert balance(first) == Balance(Decimal(100), Decimal(0))
    assert balance(second) == Balance(Decimal(99), Decimal(1))


@pytest.mark.django_db
def test_what_a_transaction_took_back_is_in_no_sum() -> None:
    organisation = with_money(reserved=4)

    with transaction.atomic():
        capture([Reserved(organisation.pk, 1, 1, Decimal(4))])
        transaction.set_rollback(True)

    assert balance(organisation) == Balance(Decimal(96), Decimal(4))


@pytest.mark.django_db
def test_a_sum_that_was_tampered_with_is_found() -> None:
    organisation = with_money(reserved=4)
    with_money(reserved=4)
    LedgerSum.objects.filter(organisation=organisation).update(available=1)

    assert sums_verify() == [organisation.pk]


@pytest.mark.django_db
def test_the_cost_of_a_balance_does_not_grow_with_the_ledger() -> None:
    organisation = with_money(reserved=50)
    capture(Reserved(organisation.pk, 1, number, Decimal("0.01")) for number in range(2000))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_ledgersum")
        assert cursor.fetchone() == (1,)
    assert balance(organisation) == Balance(Decimal(50), Decimal(30))


class AnySettlements(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from([capture, release]), st.decimals("0.0001", 9, places=4)),
            max_size=20,
        )
    )
    def test_the_kept_sums_are_the_ledgers(self, steps: list[tuple[object, Decimal]]) -> None:
        organisation = with_money(reserved=100)

        for envelope, (settle, amount) in enumerate(steps):
            settle([Reserved(organisation.pk, 1, envelope, amount)])  # type: ignore[operator]

        assert sums_verify() == []
        settled = sum((amount for _settle, amount in steps), Decimal(0))
        assert balance(organisation).reserved == 100 - settled
