"""From the author's button to the outbox by way of another person, through the real doors."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Refused
from portal.delivery.models import Message
from portal.messaging.approvals.services import approval_grant, approval_return
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.services import (
    mailing_confirm,
    mailing_edit,
    mailing_prepare,
    mailing_save_draft,
)
from portal.messaging.models import ApprovalRules, Mailing, Stage
from portal.messaging.picked import Picked
from tests.factories import GatewayAccountFactory, MemberFactory, SenderNameFactory
from tests.integration.messaging.mailings.office import Office, again, sweep_and_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """Where everything that goes to more than one person needs approval."""
    monkeypatch.setattr("portal.messaging.mailings.course.ring", lambda _mailing_id: None)
    monkeypatch.setattr("portal.messaging.mailings.onward.ring", lambda _mailing_id: None)
    monkeypatch.setattr("portal.delivery.outbox.ring", lambda _account_id: None)
    author = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation)
    SenderNameFactory(organisation=author.organisation, value="ACME")
    ApprovalRules.objects.create(organisation=author.organisation, above_recipients=1)
    return Office(author)


@pytest.fixture
def manager(office: Office) -> User:
    manager: User = MemberFactory(organisation=office.organisation, role=Role.MANAGER)
    return manager


def confirm(mailing: Mailing, author: User) -> Mailing:
    return mailing_confirm(
        mailing=mailing, actor=author, snapshot_hash=again(mailing).snapshot_hash
    )


def test_returned_then_mended_then_approved(office: Office, manager: User) -> None:
    first = office.confirmed(text="Скидка завтро")
    assert first.stage == Stage.IN_APPROVAL
    sweep_and_work()
    assert not Message.objects.exists()

    approval_return(mailing=first, snapshot_hash=first.snapshot_hash, word="завтра", actor=manager)
    mailing_edit(mailing=again(first), actor=office.author)
    content = Content(
        sender_value="ACME", text="Скидка завтра", picked=Picked.from_dict(first.picked)
    )
    mended = mailing_save_draft(
        author=office.author, content=content, form_key=first.form_key, mailing=again(first)
    )
    confirm(mailing_prepare(mailing=mended, actor=office.author), office.author)
    with pytest.raises(Refused):
        approval_grant(mailing=first, snapshot_hash=first.snapshot_hash, actor=manager)
    second = again(first)
    approval_grant(mailing=second, snapshot_hash=second.snapshot_hash, actor=manager)
    sweep_and_work()

    assert again(first).stage == Stage.SENT
    assert [message.text for message in Message.objects.all()] == ["Скидка завтра"]
    asked_and_answered = Event.objects.filter(
        action__in=[Action.REQUESTED, Action.RETURNED, Action.APPROVED],
        object_type="messaging.mailing",
    )
    assert [event.action for event in asked_and_answered.order_by("pk")] == [
        Action.REQUESTED,
        Action.RETURNED,
        Action.REQUESTED,
        Action.APPROVED,
    ]


def test_a_returned_one_may_be_asked_about_again_as_it_is(office: Office, manager: User) -> None:
    mailing = office.confirmed()
    approval_return(
        mailing=mailing, snapshot_hash=mailing.snapshot_hash, word="Точно?", actor=manager
    )
    assert confirm(mailing, office.author).stage == Stage.IN_APPROVAL


def test_what_no_rule_asks_about_leaves_without_a_word(office: Office) -> None:
    assert office.sent(numbers="8 921 000 00 01").stage == Stage.SENT


def test_a_plain_message_that_a_rule_asks_about_goes_the_way_of_mailings(
    office: Office, manager: User
) -> None:

    client = Client()
    client.force_login(office.author)
    answer = client.post(
        reverse("messaging:send"),
        {
            "sender": "ACME",
            "numbers": "8 921 000 00 01, 8 921 000 00 02",
            "text": "Привет!",
            "form_key": "0123456789abcdef0123456789abcdef",
        },
    )
    mailing = Mailing.objects.get()
    assert answer.headers["Location"] == reverse("messaging:mailing", args=[mailing.pk])
    assert mailing.stage == Stage.PREPARED
    assert not Message.objects.exists()
    assert confirm(mailing, office.author).stage == Stage.IN_APPROVAL
