"""Sending to the rejected again, from several places at once."""

import pytest

from portal.accounts.rights import Role
from portal.core.errors import Conflict, Refused
from portal.delivery.models import Envelope, Message, Recipient, State
from portal.messaging.services import message_resend
from tests.factories import (
    GatewayAccountFactory,
    MemberFactory,
    OrganisationFactory,
    submit_message,
)
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
