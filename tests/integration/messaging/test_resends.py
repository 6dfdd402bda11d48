"""Sending to the rejected again, from several places at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.rights import Role
from portal.core.errors import Conflict, Refused
from portal.delivery.models import Envelope, Message, Recipient, State
from portal.delivery.resends import ToResend, to_resend
from portal.messaging.services import message_resend
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    StopFactory,
    submit_message,
)
from tests.integration.history.answers import REJECTED, answer, take
from tests.integration.threads import at_once


@pytest.mark.django_db(transaction=True)
def test_an_author_and_a_manager_at_the_same_moment_make_one_message() -> None:
    manager = MemberFactory(role=Role.MANAGER)
    author = MemberFactory(organisation=manager.organisation)
    for _ in range(5):
        message = submit_message(author, "79210000000", "79210000001")
        Envelope.objects.filter(message=message).update(state=State.REJECTED)

        results = at_once(
            lambda message=message: message_resend(message=message, author=author, confirmed=2),  # type: ignore[misc]
            lambda message=message: message_resend(message=message, author=manager, confirmed=2),  # type: ignore[misc]
        )

        assert sorted(type(result).__name__ for result in results) == ["Conflict", "Message"]
        assert message.resends.count() == 1
        assert Recipient.objects.filter(message__resend_of=message).count() == 2


@pytest.mark.django_db
def test_what_is_rejected_after_a_resend_makes_another_one_in_order() -> None:
    author = MemberFactory()
    GatewayAccountFactory(organisation=author.organisation, numbers_per_email=1)
    message = submit_message(author, "79210000002", "79210000001", "79210000000")
    first, *rest = message.envelopes.order_by("number")
    Envelope.objects.filter(pk=first.pk).update(state=State.REJECTED)
    message_resend(message=message, author=author, confirmed=1)
    Envelope.objects.filter(pk__in=[one.pk for one in rest]).update(state=State.REJECTED)

    second = message_resend(message=message, author=author, confirmed=2)

    phones = list(second.recipients.order_by("id").values_list("phone", flat=True))
    assert phones == ["79210000001", "79210000000"]
    with pytest.raises(Conflict):
        message_resend(message=message, author=author, confirmed=2)


@pytest.mark.django_db
@pytest.mark.parametrize("is_platform_wide", [False, True])
def test_who_was_stopped_since_is_not_sent_to_again_until_the_list_lets_go(
    is_platform_wide: bool,
) -> None:
    author = MemberFactory()
    message = submit_message(author, "79210000000", "79210000001")
    Envelope.objects.update(state=State.REJECTED)
    entry = StopFactory(
        organisation=None if is_platform_wide else author.organisation, phone="79210000001"
    )

    again = message_resend(message=message, author=author, confirmed=1)

    assert [one.phone for one in again.recipients.all()] == ["79210000000"]
    assert not again.skips.exists()
    assert to_resend(message) == ToResend({}, stopped=1)
    with pytest.raises(Conflict, match="on the stop list"):
        message_resend(message=message, author=author, confirmed=1)
    entry.delete()
    assert to_resend(message) == ToResend({"79210000001": 1}, stopped=0)


@pytest.mark.django_db
def test_whom_a_claim_of_the_resend_skipped_is_not_offered_again() -> None:
    author = MemberFactory()
    message = submit_message(author, "79210000000", "79210000001")
    answer(message, REJECTED)
    again = message_resend(message=message, author=author, confirmed=2)
    StopFactory(organisation=author.organisation, phone="79210000001")
    take(again, 1, now=timezone.now() + timedelta(seconds=1))
    assert again.skips.get().phone == "79210000001"

    assert to_resend(message) == ToResend({}, stopped=0)


@pytest.mark.django_db
def test_a_message_that_the_author_does_not_see_is_not_sent_again() -> None:
    message = submit_message(MemberFactory())
    Envelope.objects.update(state=State.REJECTED)
    organisation = message.organisation

    for stranger in (
        MemberFactory(organisation=organisation, role=Role.SENDER),
        MemberFactory(organisation=OrganisationFactory(), role=Role.MANAGER),
    ):
        with pytest.raises(Refused):
            message_resend(message=message, author=stranger, confirmed=1)

    assert Message.objects.count() == 1
