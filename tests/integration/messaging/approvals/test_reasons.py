"""Which rules ask for another person's word, and of what."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.contacts.models import ImportStage
from portal.messaging.approvals.doors import reasons_for
from portal.messaging.approvals.people import AudiencePeople, PreparedPeople
from portal.messaging.approvals.reasons import Approved, Facts, Reason, Rule, approval_reasons
from portal.messaging.approvals.services import approval_grant
from portal.messaging.gathering import audience_of
from portal.messaging.models import ApprovalRules
from tests.factories import ContactFactory, MemberFactory, import_made, submit_message
from tests.integration.messaging.approvals.prepared import in_approval, prepared_mailing

pytestmark = pytest.mark.django_db
IMPORTED = "79210000001"
NIGHT = {"outside_from": time(21), "outside_until": time(8)}


@pytest.fixture
def author() -> User:
    author: User = MemberFactory()
    return author


def rules_of(author: User, **rules: Any) -> None:
    ApprovalRules.objects.create(organisation=author.organisation, **rules)


def facts_of(author: User, *phones: str, **facts: Any) -> Facts:
    phones = phones or ("79210000000",)
    audience = audience_of(author, dict.fromkeys(phones, ""))
    return Facts(
        **{
            "sender_value": "ACME",
            "recipients": len(phones),
            "cost": Decimal(0),
            "people": AudiencePeople(audience),
            **facts,
        }
    )


def asked(author: User, facts: Facts, approved: Approved | None = None) -> tuple[Reason, ...]:
    assert author.organisation is not None
    return approval_reasons(
        organisation=author.organisation, author=author, facts=facts, approved=approved
    )


def rules_asking(author: User, facts: Facts, approved: Approved | None = None) -> list[Rule]:
    return [reason.rule for reason in asked(author, facts, approved)]


def moscow(hour: int, minute: int = 0) -> datetime:
    return datetime(2030, 5, 17, hour - 3, minute, tzinfo=UTC)


def test_without_rules_nothing_is_asked_but_whether_there_are_any(
    author: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    facts = facts_of(author, recipients=1_000_000, cost=Decimal(1_000_000))
    with django_assert_num_queries(1):
        assert asked(author, facts) == ()


def test_empty_rules_want_nothing(author: User) -> None:
    rules_of(author)
    assert asked(author, facts_of(author, recipients=1_000_000, cost=Decimal(1_000_000))) == ()


def test_more_recipients_than_the_rule_allows_need_a_word_and_no_fewer(author: User) -> None:
    rules_of(author, above_recipients=100)
    assert asked(author, facts_of(author, recipients=100)) == ()
    assert asked(author, facts_of(author, recipients=101)) == (Reason(Rule.MANY_RECIPIENTS, "100"),)


def test_a_rule_of_zero_recipients_wants_a_word_of_everything(author: User) -> None:
    rules_of(author, above_recipients=0)
    assert rules_asking(author, facts_of(author)) == [Rule.MANY_RECIPIENTS]


def test_a_higher_cost_than_the_rule_allows_needs_a_word_and_no_lower(author: User) -> None:
    rules_of(author, above_cost=Decimal("99.90"))
    assert asked(author, facts_of(author, cost=Decimal("99.9000"))) == ()
    assert asked(author, facts_of(author, cost=Decimal("99.9001"))) == (
        Reason(Rule.COSTLY, "99.90"),
    )


def test_a_sender_name_needs_a_word_until_something_was_sent_under_it(author: User) -> None:
    message = submit_message(author)
    rules_of(author, on_first_use=True)
    assert asked(author, facts_of(author, sender_value=message.sender_value)) == ()
    assert rules_asking(author, facts_of(author, sender_value="OTHER")) == [Rule.FIRST_USE]


def test_another_organisations_use_of_the_same_name_counts_for_nothing(author: User) -> None:
    message = submit_message(MemberFactory())
    rules_of(author, on_first_use=True)
    facts = facts_of(author, sender_value=message.sender_value)
    assert rules_asking(author, facts) == [Rule.FIRST_USE]


@pytest.mark.parametrize(
    ("hour", "minute", "asks"),
    [(20, 59, False), (21, 0, True), (23, 30, True), (7, 59, True), (8, 0, False)],
)
def test_hours_over_midnight_are_those_of_the_organisations_clocks(
    author: User, hour: int, minute: int, asks: bool
) -> None:
    rules_of(author, **NIGHT)
    found = asked(author, facts_of(author, leaves_at=[moscow(hour, minute)]))
    assert found == ((Reason(Rule.OUTSIDE_HOURS, "21:00-08:00"),) if asks else ())


def test_one_part_that_leaves_at_night_is_enough(author: User) -> None:
    rules_of(author, **NIGHT)
    facts = facts_of(author, leaves_at=[moscow(12), moscow(22)])
    assert rules_asking(author, facts) == [Rule.OUTSIDE_HOURS]


def test_what_leaves_at_once_is_measured_by_the_clock_of_now(author: User) -> None:
    now = timezone.now().astimezone(author.organisation.zone)  # type: ignore[union-attr]
    around = [(now + timedelta(hours=hours)).time() for hours in (-1, 1)]
    rules_of(author, outside_from=around[0], outside_until=around[1])
    assert rules_asking(author, facts_of(author)) == [Rule.OUTSIDE_HOURS]


def test_people_of_a_fresh_import_need_a_word_and_the_others_do_not(author: User) -> None:
    import_made(author, stage=ImportStage.DONE)
    ContactFactory(organisation=author.organisation, phone="79210000009")
    rules_of(author, fresh_import_days=3)
    assert asked(author, facts_of(author, "79210000009", "79210000010")) == ()
    assert asked(author, facts_of(author, "79210000009", IMPORTED)) == (
        Reason(Rule.FRESH_IMPORT, "3"),
    )


def test_a_prepared_mailing_is_asked_about_its_own_people(author: User) -> None:
    import_made(author, stage=ImportStage.DONE)
    rules_of(author, fresh_import_days=3)
    other, theirs = prepared_mailing(author, "79210000009"), prepared_mailing(author, IMPORTED)
    assert asked(author, facts_of(author, people=PreparedPeople(other))) == ()
    assert rules_asking(author, facts_of(author, people=PreparedPeople(theirs))) == [
        Rule.FRESH_IMPORT
    ]


def test_an_import_of_long_ago_is_no_longer_fresh(author: User) -> None:
    source = import_made(author, stage=ImportStage.DONE)
    source.ended_at = timezone.now() - timedelta(days=4)
    source.save(update_fields=["ended_at"])
    rules_of(author, fresh_import_days=3)
    assert asked(author, facts_of(author, IMPORTED)) == ()


def test_a_colleagues_own_imported_contact_says_nothing_about_a_typed_number(author: User) -> None:
    colleague = MemberFactory(organisation=author.organisation)
    import_made(colleague, stage=ImportStage.DONE, is_own=True)
    rules_of(author, fresh_import_days=3)
    assert asked(author, facts_of(author, IMPORTED)) == ()


def test_rows_of_a_spreadsheet_are_as_fresh_as_the_file(author: User) -> None:
    rules_of(author, fresh_import_days=3)
    now = timezone.now()
    fresh = facts_of(author, file_uploaded_at=now - timedelta(days=1))
    old = facts_of(author, file_uploaded_at=now - timedelta(days=4))
    assert rules_asking(author, fresh) == [Rule.FRESH_IMPORT]
    assert asked(author, old) == ()


def test_what_was_approved_of_a_repeating_mailing_is_not_asked_again(author: User) -> None:
    rules_of(author, above_recipients=1, above_cost=Decimal(1), on_first_use=True, **NIGHT)
    facts = facts_of(author, recipients=5, cost=Decimal(9), leaves_at=[moscow(22)])
    before = rules_asking(author, facts)
    approved = Approved(frozenset(before), 5, Decimal(9), timezone.now())
    assert len(before) == 4
    assert asked(author, facts, approved) == ()


def test_a_time_that_goes_beyond_what_was_approved_is_asked_about(author: User) -> None:
    rules_of(author, above_recipients=1, above_cost=Decimal(1))
    approved = Approved(
        frozenset({Rule.MANY_RECIPIENTS, Rule.COSTLY}), 5, Decimal(9), timezone.now()
    )
    more = facts_of(author, recipients=6, cost=Decimal(9))
    dearer = facts_of(author, recipients=5, cost=Decimal("9.01"))
    assert rules_asking(author, more, approved) == [Rule.MANY_RECIPIENTS]
    assert rules_asking(author, dearer, approved) == [Rule.COSTLY]


def test_people_imported_since_the_approval_are_new_to_it(author: User) -> None:
    rules_of(author, fresh_import_days=3)
    only = frozenset({Rule.FRESH_IMPORT})
    before = Approved(only, 5, Decimal(9), timezone.now())
    import_made(author, stage=ImportStage.DONE)
    after = Approved(only, 5, Decimal(9), timezone.now())
    assert rules_asking(author, facts_of(author, IMPORTED), before) == [Rule.FRESH_IMPORT]
    assert asked(author, facts_of(author, IMPORTED), after) == ()


def test_a_prepared_mailing_is_asked_about_by_its_own_figures(author: User) -> None:
    rules_of(author, above_recipients=1, above_cost=Decimal(1))
    mailing = prepared_mailing(author, "79210000001", "79210000002", cost=Decimal(5))
    reasons = reasons_for(mailing, leaves_at=[timezone.now()])
    assert [reason.rule for reason in reasons] == [Rule.MANY_RECIPIENTS, Rule.COSTLY]


def test_one_time_of_a_repeating_mailing_is_asked_about_beyond_what_was_approved(
    author: User,
) -> None:
    rules_of(author, above_recipients=0)
    due = timezone.now() + timedelta(days=1)
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER)
    series = in_approval(author, "79210000001", due_at=due, repeats={"every": "days"})
    approval_grant(mailing=series, snapshot_hash=series.snapshot_hash, actor=manager)
    same = prepared_mailing(author, "79210000002", series=series, due_at=due)
    more = prepared_mailing(
        author, "79210000001", "79210000002", series=series, due_at=due + timedelta(days=1)
    )
    assert reasons_for(same, leaves_at=[due]) == ()
    assert [reason.rule for reason in reasons_for(more, leaves_at=[due])] == [Rule.MANY_RECIPIENTS]
