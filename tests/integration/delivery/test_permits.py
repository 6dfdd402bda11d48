"""Whether a message that waited may still be sent."""

from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.core.errors import Refused
from portal.delivery.claims import envelopes_claim
from portal.delivery.decisions import message_release
from portal.delivery.models import HeldBecause, Message, OutboxEntry, State
from portal.delivery.selectors import message_counts
from portal.delivery.uncertain import envelope_send_again
from portal.senders.services import sender_name_decide, sender_name_request
from tests.factories import AdministratorFactory, MemberFactory, SenderNameFactory, submit_message
from tests.integration.history.answers import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return MemberFactory(role=Role.MANAGER)


def revoked(message: Message, **approved_again: Any) -> None:
    administrator = AdministratorFactory()
    name = message.sender_name
    sender_name_decide(sender_name=name, state="revoked", actor=administrator, reason="x")
    if approved_again:
        name = sender_name_request(
            organisation=message.organisation, actor=message.author, **approved_again
        )
        sender_name_decide(sender_name=name, state="approved", actor=administrator)


def held(message: Message) -> Message:
    hold(message, HeldBecause.SENDER_NOT_APPROVED)
    return message


def shop_message(author: User) -> Message:
    SenderNameFactory(organisation=author.organisation, value="Shop")
    return submit_message(author)


def test_a_name_approved_in_other_capitals_sends_no_message_of_the_revoked_one(
    manager: User,
) -> None:
    message = shop_message(manager)
    revoked(message, value="SHOP")

    account_id = message.envelopes.get().account_id
    claimed = envelopes_claim(account_id=account_id, most=10, now=timezone.now())

    assert not claimed.envelopes
    assert OutboxEntry.objects.get().held_because == HeldBecause.SENDER_NOT_APPROVED


def test_a_name_approved_in_other_capitals_releases_nothing(manager: User) -> None:
    message = held(shop_message(manager))
    revoked(message, value="SHOP")

    with pytest.raises(Refused):
        message_release(message=message, actor=manager)

    assert message_counts(message.pk) == {State.HELD: 1}


def test_a_name_approved_again_as_it_was_releases_its_messages(manager: User) -> None:
    message = held(shop_message(manager))
    revoked(message, value="Shop")

    message_release(message=message, actor=manager)

    assert message_counts(message.pk) == {State.QUEUED: 1}
    message.refresh_from_db()
    assert message.vouched_by == manager


def test_a_refused_release_leaves_the_callers_message_as_it_was(manager: User) -> None:
    message = held(shop_message(manager))
    revoked(message)

    with pytest.raises(Refused):
        message_release(message=message, actor=manager)

    assert message.vouched_by is None


def test_the_manager_who_released_a_message_answers_for_sending_it_again(manager: User) -> None:
    author = MemberFactory(organisation=manager.organisation)
    message = held(shop_message(author))
    message_release(message=message, actor=manager)
    author.is_active = False
    author.save()
    message.envelopes.update(state=State.UNCERTAIN)

    envelope_send_again(envelope=message.envelopes.get(), actor=manager)

    assert message.envelopes.filter(state=State.QUEUED).count() == 1
