"""Recipients belong to an envelope of their own message, whatever writes them."""

import pytest
from django.db import IntegrityError, transaction

from portal.delivery.models import Envelope, Recipient
from tests.factories import MemberFactory, submit_message

pytestmark = pytest.mark.django_db


def test_a_recipient_of_no_envelope_is_refused_by_the_database() -> None:
    message = submit_message(MemberFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(message=message, envelope_id=10**9, phone="79211111111")


def test_a_recipient_in_another_messages_envelope_is_refused_by_the_database() -> None:
    author = MemberFactory()
    message, other = submit_message(author), submit_message(author)

    with pytest.raises(IntegrityError), transaction.atomic():
        message.recipients.update(envelope=other.envelopes.get())


def test_an_envelope_with_recipients_cannot_be_deleted() -> None:
    envelope = submit_message(MemberFactory()).envelopes.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk)._raw_delete(using="default")

    Recipient.objects.filter(envelope=envelope).delete()
    envelope.delete()


@pytest.mark.parametrize("phone", ["", "7921000000a", "7 9210000000", "+79210000000", "٧٩٢١"])
def test_a_recipient_of_anything_but_digits_is_refused_by_the_database(phone: str) -> None:
    envelope = submit_message(MemberFactory()).envelopes.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(message=envelope.message, envelope=envelope, phone=phone)
