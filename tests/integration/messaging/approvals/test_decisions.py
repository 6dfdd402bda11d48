"""Asking for another person's word, giving it, and what voids it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Conflict, Refused
from portal.messaging.approvals.reasons import Reason, Rule
from portal.messaging.approvals.selectors import (
    approved_before,
    is_approved,
    last_decision,
    may_approve,
    open_request,
    waiting_for,
)
from portal.messaging.approvals.services import (
    approval_grant,
    approval_request,
    approval_return,
)
from portal.messaging.mailings.services import mailing_cancel, mailing_edit
from portal.messaging.models import ApprovalRequest, Decision, Mailing, Stage
from tests.factories import MemberFactory
from tests.integration.messaging.approvals.prepared import in_approval, prepared_mailing
from tests.integration.threads import at_once

pytestmark = pytest.mark.django_db
HASH = "1" * 64


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(organisation__price_per_segment=Decimal(1))
    return author


@pytest.fixture
def manager(author: User) -> User:
    manager: User = MemberFactory(organisation=author.organisation, role=Role.MANAGER)
    return manager


def grant(mailing: Mailing, actor: User, snapshot_hash: str = HASH) -> ApprovalRequest:
    return approval_grant(mailing=mailing, snapshot_hash=snapshot_hash, actor=actor)


def give_back(mailing: Mailing, actor: User, word: str = "Нет", **saw: Any) -> ApprovalRequest:
    return approval_return(
        mailing=mailing, snapshot_hash=saw.get("snapshot_hash", HASH), word=word, actor=actor
    )


def stage_of(mailing: Mailing) -> str:
    mailing.refresh_from_db()
    return mailing.stage


def events_of(mailing: Mailing) -> list[str]:
    events = Event.objects.filter(object_type="messaging.mailing", object_id=str(mailing.pk))
    return list(events.order_by("pk").values_list("action", flat=True))


def test_what_is_asked_is_about_the_snapshot_and_is_on_record(author: User) -> None:
    mailing = prepared_mailing(author, stage=Stage.IN_APPROVAL)
    reasons = [Reason(Rule.MANY_RECIPIENTS, "1"), Reason(Rule.FIRST_USE)]

    asked = approval_request(mailing=mailing, reasons=reasons, actor=author)

    assert (asked.snapshot_hash, asked.asked_by, asked.decision) == (HASH, author, "")
    assert [Reason.from_dict(kept) for kept in asked.reasons] == reasons
    event = Event.objects.get(action=Action.REQUESTED)
    assert event.actor_label == author.email
    assert event.details["rules"] == ["many_recipients", "first_use"]


def test_no_text_and_no_number_is_on_record(author: User, manager: User) -> None:
    mailing = in_approval(author, "79215554433", text="Совершенно секретно")
    give_back(mailing, manager, word="Номер 79215554433 лишний")
    kept = "".join(str(event.details) + event.object_label for event in Event.objects.all())
    assert "7921" not in kept
    assert "секретно" not in kept
    assert "лишний" not in kept


def test_an_approved_mailing_goes_on_at_once(author: User, manager: User) -> None:
    mailing = in_approval(author)

    asked = grant(mailing, manager)

    assert stage_of(mailing) == Stage.SUBMITTING
    assert (asked.decision, asked.decided_by) == (Decision.APPROVED, manager)
    assert is_approved(mailing)
    assert events_of(mailing)[-1] == Action.APPROVED


def test_an_approved_mailing_waits_for_its_time(author: User, manager: User) -> None:
    mailing = in_approval(author, due_at=timezone.now() + timedelta(days=1))
    grant(mailing, manager)
    assert stage_of(mailing) == Stage.PLANNED


def test_an_approved_mailing_that_repeats_begins_to(author: User, manager: User) -> None:
    due = timezone.now() + timedelta(days=1)
    mailing = in_approval(author, due_at=due, repeats={"every": "day"})
    grant(mailing, manager)
    assert stage_of(mailing) == Stage.REPEATING


def test_a_returned_mailing_is_its_authors_again_with_the_word(author: User, manager: User) -> None:
    mailing = in_approval(author, confirmed_at=timezone.now())

    give_back(mailing, manager, word="  Опечатка в дате  ")

    assert stage_of(mailing) == Stage.PREPARED
    assert mailing.confirmed_at is None
    decision = last_decision(mailing)
    assert decision is not None
    assert (decision.word, decision.decided_by) == ("Опечатка в дате", manager)
    assert not is_approved(mailing)
    assert events_of(mailing)[-1] == Action.RETURNED


@pytest.mark.parametrize("word", ["", "  \n ", "я" * 501])
def test_a_mailing_is_returned_with_a_word_that_fits(
    author: User, manager: User, word: str
) -> None:
    mailing = in_approval(author)
    with pytest.raises(Refused) as refusal:
        give_back(mailing, manager, word=word)
    assert refusal.value.field == "word"
    assert stage_of(mailing) == Stage.IN_APPROVAL


@pytest.mark.parametrize("decide", [grant, give_back])
def test_nobody_decides_about_their_own(
    manager: User, decide: Callable[[Mailing, User], object]
) -> None:
    mailing = in_approval(manager)
    assert not may_approve(manager, mailing)
    with pytest.raises(Refused, match="Another manager"):
        decide(mailing, manager)
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_the_database_too_keeps_everybody_from_their_own(manager: User) -> None:
    asked = open_request(in_approval(manager))
    assert asked is not None
    asked.decision, asked.decided_by, asked.decided_at = "approved", manager, timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        asked.save()


@pytest.mark.parametrize("decide", [grant, give_back])
@pytest.mark.parametrize("role", [Role.SENDER, Role.AUDITOR])
def test_only_managers_decide(
    author: User, role: Role, decide: Callable[[Mailing, User], object]
) -> None:
    mailing = in_approval(author)
    with pytest.raises(Refused):
        decide(mailing, MemberFactory(organisation=author.organisation, role=role))
    assert stage_of(mailing) == Stage.IN_APPROVAL


@pytest.mark.parametrize("decide", [grant, give_back])
def test_a_manager_of_another_organisation_decides_nothing(
    author: User, decide: Callable[[Mailing, User], object]
) -> None:
    mailing = in_approval(author)
    with pytest.raises(Refused):
        decide(mailing, MemberFactory(role=Role.MANAGER))
    assert stage_of(mailing) == Stage.IN_APPROVAL


@pytest.mark.parametrize("decide", [grant, give_back])
def test_a_decision_is_of_what_was_seen(
    author: User, manager: User, decide: Callable[..., object]
) -> None:
    mailing = in_approval(author)
    with pytest.raises(Conflict):
        decide(mailing, manager, snapshot_hash="2" * 64)
    assert stage_of(mailing) == Stage.IN_APPROVAL


def test_a_mailing_prepared_anew_since_it_was_asked_about_is_another(
    author: User, manager: User
) -> None:
    mailing = in_approval(author)
    Mailing.objects.filter(pk=mailing.pk).update(snapshot_hash="2" * 64)
    with pytest.raises(Conflict):
        grant(mailing, manager, "2" * 64)


@pytest.mark.parametrize("take_back", [mailing_edit, mailing_cancel])
def test_a_change_by_its_author_voids_what_was_asked(
    author: User, manager: User, take_back: Callable[..., object]
) -> None:
    mailing = in_approval(author)

    take_back(mailing=mailing, actor=author)

    assert open_request(mailing) is None
    assert mailing.approval_requests.get().decision == Decision.VOID
    with pytest.raises(Refused):
        grant(mailing, manager)


def test_an_approval_does_not_outlive_a_change(author: User, manager: User) -> None:
    mailing = in_approval(author, due_at=timezone.now() + timedelta(days=1))
    grant(mailing, manager)
    mailing_edit(mailing=mailing, actor=author)
    Mailing.objects.filter(pk=mailing.pk).update(
        stage=Stage.PREPARED, snapshot_hash=HASH, prepared_at=timezone.now()
    )
    mailing.refresh_from_db()
    assert not is_approved(mailing)


def test_a_price_that_changed_since_is_another_cost_than_was_asked_about(
    author: User, manager: User
) -> None:
    mailing = in_approval(author)
    Organisation.objects.filter(pk=author.organisation_id).update(price_per_segment=Decimal(2))
    with pytest.raises(Conflict, match="price of a segment"):
        grant(mailing, manager)
    give_back(mailing, manager)
    assert stage_of(mailing) == Stage.PREPARED


def test_what_is_too_late_to_leave_is_not_approved_any_more(author: User, manager: User) -> None:
    past = timezone.now() - timedelta(days=1)
    mailing = in_approval(author, due_at=past, expires_at=past + timedelta(hours=1))
    with pytest.raises(Conflict, match="too late"):
        grant(mailing, manager)


def test_what_was_due_a_moment_ago_leaves_once_it_is_approved(author: User, manager: User) -> None:
    mailing = in_approval(author, due_at=timezone.now() - timedelta(minutes=5))
    grant(mailing, manager)
    assert stage_of(mailing) == Stage.SUBMITTING


def test_a_draft_that_was_decided_about_is_kept_when_its_author_throws_it_away(
    author: User, manager: User
) -> None:
    mailing = in_approval(author)
    give_back(mailing, manager)
    mailing_edit(mailing=mailing, actor=author)
    mailing_cancel(mailing=mailing, actor=author)
    assert stage_of(mailing) == Stage.CANCELLED


def test_what_waits_for_a_manager_is_what_others_wrote(author: User, manager: User) -> None:
    theirs = in_approval(author)
    in_approval(manager)
    in_approval(MemberFactory())
    prepared_mailing(author)
    assert list(waiting_for(manager)) == [theirs]
    assert not waiting_for(author).exists()


def test_what_was_approved_of_a_repeating_mailing_is_the_most_of_it(
    author: User, manager: User
) -> None:
    due = timezone.now() + timedelta(days=1)
    series = in_approval(author, due_at=due, repeats={"every": "day"}, reached=5, segments_in_all=9)
    assert approved_before(series) is None
    grant(series, manager)
    time = in_approval(author, series=series, due_at=due, reached=7, segments_in_all=3)
    grant(time, manager)

    approved = approved_before(series)

    assert approved is not None
    assert (approved.recipients, approved.cost) == (7, 9)
    assert approved.rules == {Rule.MANY_RECIPIENTS}


def test_what_was_approved_before_a_repeating_mailing_was_changed_counts_no_more(
    author: User, manager: User
) -> None:
    due = timezone.now() + timedelta(days=1)
    series = in_approval(author, due_at=due, repeats={"every": "day"})
    grant(series, manager)
    Mailing.objects.filter(pk=series.pk).update(prepared_at=timezone.now())
    series.refresh_from_db()
    assert approved_before(series) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_at_the_same_moment_one_decides() -> None:
    author = MemberFactory()
    managers = MemberFactory.create_batch(2, organisation=author.organisation, role=Role.MANAGER)
    for _ in range(5):
        mailing = in_approval(author)

        results = at_once(
            lambda mailing=mailing: grant(mailing, managers[0]),  # type: ignore[misc]
            lambda mailing=mailing: give_back(mailing, managers[1]),  # type: ignore[misc]
        )

        assert sum(isinstance(result, ApprovalRequest) for result in results) == 1
        assert sum(isinstance(result, Refused) for result in results) == 1
        [decision] = ApprovalRequest.objects.filter(mailing=mailing)
        expected = Stage.SUBMITTING if decision.decision == "approved" else Stage.PREPARED
        assert stage_of(mailing) == expected


@pytest.mark.django_db(transaction=True)
def test_its_author_who_takes_it_back_at_the_moment_of_approval_wins_or_loses_whole() -> None:
    author = MemberFactory()
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER)
    for _ in range(5):
        mailing = in_approval(author, due_at=timezone.now() + timedelta(days=1))

        at_once(
            lambda mailing=mailing: grant(mailing, manager),  # type: ignore[misc]
            lambda mailing=mailing: mailing_edit(mailing=mailing, actor=author),  # type: ignore[misc]
        )

        # A planned one may be taken back too: either way it is a draft, and nothing is asked.
        assert stage_of(mailing) == Stage.DRAFT
        assert open_request(mailing) is None
