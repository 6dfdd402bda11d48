"""Mailings as they are written: kept by themselves, taken back, thrown away."""

import uuid
from datetime import UTC, datetime, time
from typing import Any

import pytest

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Event
from portal.core.errors import Conflict, Refused
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import mailing_cancel, mailing_edit, mailing_save_draft
from portal.messaging.models import Mailing, Sheet, Stage
from portal.messaging.picked import Picked
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def author() -> User:
    author: User = MemberFactory()
    return author


def draft_of(author: User, **changes: Any) -> Mailing:
    content = Content(sender_value="ACME", text="Привет, {имя}!", **changes)
    return mailing_save_draft(author=author, content=content, form_key=uuid.uuid4().hex)


def in_stage(mailing: Mailing, stage: Stage) -> Mailing:
    mailing.stage, mailing.due_at = stage, NOON
    mailing.save()
    return mailing


def test_what_was_typed_comes_back(author: User) -> None:
    content = Content(
        sender_value="ACME",
        text="Привет, {имя}!",
        picked=Picked("8 921", (1, 2), (3,)),
        defaults={"имя": "друг"},
        skip_missing=True,
        due_at=NOON,
        expires_at=NOON.replace(hour=18),
        window_from=time(9),
        window_until=time(21),
        by_recipient_zone=True,
        canary_size=10,
        canary_minutes=30,
    )

    mailing = mailing_save_draft(author=author, content=content, form_key="k")

    mailing.refresh_from_db()
    assert Content.of(mailing) == content


def test_one_form_is_one_draft(author: User) -> None:
    first = mailing_save_draft(author=author, content=Content(text="a"), form_key="k")
    again = mailing_save_draft(author=author, content=Content(text="ab"), form_key="k")

    assert (first.pk, again.text) == (again.pk, "ab")
    assert Mailing.objects.count() == 1


def test_a_draft_may_be_half_filled_in(author: User) -> None:
    mailing = draft_of(
        author, due_at=NOON, expires_at=NOON, window_from=time(9), canary_size=5, window_until=None
    )

    assert (mailing.due_at, mailing.expires_at) == (NOON, None)
    assert (mailing.window_from, mailing.canary_size) == (None, None)


def test_typing_leaves_no_trail(author: User) -> None:
    draft_of(author)

    assert not Event.objects.exists()


def test_a_draft_takes_no_spreadsheet_of_another_member(author: User) -> None:
    other = MemberFactory(organisation=author.organisation)
    sheet = Sheet.objects.create(organisation=author.organisation, author=other)

    assert draft_of(author, sheet_id=sheet.pk).sheet_id is None


@pytest.mark.parametrize("role", [Role.SENDER, Role.MANAGER])
def test_nobody_else_sees_or_changes_a_draft(author: User, role: Role) -> None:
    mailing = draft_of(author)
    other = MemberFactory(organisation=author.organisation, role=role)

    assert not Mailing.objects.visible_to(other).exists()
    for attempt in (
        lambda: mailing_save_draft(author=other, content=Content(), form_key="k", mailing=mailing),
        lambda: mailing_edit(mailing=mailing, actor=other),
        lambda: mailing_cancel(mailing=mailing, actor=other),
    ):
        with pytest.raises(Refused):
            attempt()


def test_another_organisation_takes_no_form_key_away(author: User) -> None:
    mailing_save_draft(author=author, content=Content(), form_key="k")
    other = mailing_save_draft(author=MemberFactory(), content=Content(), form_key="k")

    assert other.organisation != author.organisation


def test_what_goes_on_is_saved_as_a_draft_no_more(author: User) -> None:
    mailing = in_stage(draft_of(author), Stage.PLANNED)

    with pytest.raises(Conflict):
        mailing_save_draft(author=author, content=Content(), form_key="k", mailing=mailing)


def test_a_draft_is_deleted(author: User) -> None:
    assert mailing_cancel(mailing=draft_of(author), actor=author) is None
    assert not Mailing.objects.exists()


def test_a_planned_mailing_is_taken_back_and_its_confirmation_counts_no_more(author: User) -> None:
    mailing = in_stage(draft_of(author), Stage.PLANNED)
    mailing.confirmed_at = NOON
    mailing.save()

    edited = mailing_edit(mailing=mailing, actor=author)

    assert (edited.stage, edited.confirmed_at) == (Stage.DRAFT, None)
    assert Event.objects.get().details == {"stage": "planned"}


def test_a_manager_cancels_what_another_has_planned(author: User) -> None:
    mailing = in_stage(draft_of(author), Stage.PLANNED)
    manager = MemberFactory(organisation=author.organisation, role=Role.MANAGER)

    cancelled = mailing_cancel(mailing=mailing, actor=manager)

    assert cancelled is not None
    assert cancelled.stage == Stage.CANCELLED
    assert Event.objects.get().actor_id == manager.pk


@pytest.mark.parametrize("stage", [Stage.SENT, Stage.EXPIRED, Stage.CANCELLED])
def test_what_is_over_is_neither_changed_nor_cancelled(author: User, stage: Stage) -> None:
    mailing = in_stage(draft_of(author), stage)

    for decide in (mailing_edit, mailing_cancel):
        with pytest.raises(Conflict):
            decide(mailing=mailing, actor=author)


def test_what_is_about_to_be_queued_is_cancelled_but_not_changed(author: User) -> None:
    mailing = in_stage(draft_of(author), Stage.SUBMITTING)

    with pytest.raises(Conflict):
        mailing_edit(mailing=mailing, actor=author)
    cancelled = mailing_cancel(mailing=mailing, actor=author)

    assert cancelled is not None
    assert cancelled.stage == Stage.CANCELLED
