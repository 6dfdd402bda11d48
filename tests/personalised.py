"""Personalised messages of tests, queued as mailings queue them."""

import uuid
from collections.abc import Mapping
from typing import Any

from portal.accounts.models import User
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.outbox import Draft, message_enqueue
from portal.delivery.personal import PersonalRecipient, PersonalRecipients
from portal.senders.models import SenderName
from sms.segments import count
from tests.factories import GatewayAccountFactory, SenderNameFactory

TEMPLATE = "Здравствуйте, {имя}!"


def personal_recipients(texts: Mapping[str, str]) -> PersonalRecipients:
    """By number, in that order."""
    people = [
        PersonalRecipient(phone, "", text, count(text).segments) for phone, text in texts.items()
    ]
    return PersonalRecipients(
        people=iter(people),
        count=len(people),
        segments_in_all=sum(person.segments for person in people),
        most_segments=max(person.segments for person in people),
    )


def submit_personalised(
    author: User, texts: Mapping[str, str] | PersonalRecipients, **changes: Any
) -> Message:
    """Sender name and gateway are made if missing."""
    recipients = texts if isinstance(texts, PersonalRecipients) else personal_recipients(texts)
    accounts = GatewayAccount.objects.select_related("organisation")
    account = accounts.filter(organisation=author.organisation).first()
    sender = SenderName.objects.usable_by(author).first()
    fields: dict[str, Any] = {
        "author": author,
        "sender_name": sender or SenderNameFactory(organisation=author.organisation),
        "text": TEMPLATE,
        "recipients": recipients,
        "form_key": uuid.uuid4().hex,
        "content_hash": "0" * 64,
        **changes,
    }
    return message_enqueue(
        draft=Draft(**fields),
        account=account or GatewayAccountFactory(organisation=author.organisation),
        actor=author,
    )
