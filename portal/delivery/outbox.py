"""Putting a message into the outbox, inside one transaction of its submitter."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.services import reserve
from portal.delivery.doorbell import ring
from portal.delivery.models import Envelope, GatewayAccount, Message, OutboxEntry, Recipient
from portal.delivery.scheduling import BULK, INTERACTIVE
from portal.senders.models import SenderName
from sms.batching import batches
from sms.segments import count

# A person who writes to a handful waits for it; a campaign does not.
MOST_INTERACTIVE_RECIPIENTS = 200


@dataclass(frozen=True)
class Draft:
    """A checked message: prepared text, unique MSISDNs in order, a key that names this submit.

    ``names`` gives the contacts' names by number, for the history alone.
    """

    author: User
    sender_name: SenderName
    text: str
    numbers: Sequence[str]
    form_key: str
    names: dict[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    expires_at: datetime | None = None
    resend_of: Message | None = None

    @property
    def content_hash(self) -> str:
        return content_hash(
            sender_value=self.sender_name.value,
            text=self.text,
            numbers=self.numbers,
            due_at=self.due_at,
        )


def content_hash(
    *, sender_value: str, text: str, numbers: Sequence[str], due_at: datetime | None
) -> str:
    """SHA-256 (hex) of all that makes the SMS and its price; ``text`` is prepared."""
    due = due_at.astimezone(UTC).isoformat() if due_at else ""
    content = "\x00".join([sender_value, due, text, *numbers])
    return hashlib.sha256(content.encode()).hexdigest()


class AlreadySubmitted(Exception):
    """The organisation has a message with this form key."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"form key of message {message.pk}")
        self.message = message


def message_enqueue(*, draft: Draft, account: GatewayAccount, actor: User) -> Message:
    """Write message, envelopes, recipients, reservation and audit; ring on commit.

    Raises ``AlreadySubmitted`` and ``billing.services.NotEnoughMoney``; nothing stays then.
    """
    with transaction.atomic():
        message = _message_insert(draft, account)
        reserved = reserve(
            organisation=message.organisation,
            message_id=message.pk,
            cost=message.cost,
            actor=actor,
        )
        envelopes = _envelopes_insert(message, account, draft, is_reserved=bool(reserved))
        _recipients_insert(message, envelopes, draft)
        outbox_enter(message, account_id=account.pk, last_number=len(envelopes))
        event_record(
            action=Action.RESENT if draft.resend_of else Action.SUBMITTED,
            actor=actor,
            organisation_id=message.organisation_id,
            obj=message,
            details=_audit_details(message, draft),
        )
        transaction.on_commit(lambda: ring(account.pk))
    return message


def _audit_details(message: Message, draft: Draft) -> dict[str, object]:
    return {
        "sender_name": message.sender_value,
        "recipients": message.recipients_count,
        "segments": message.segments,
        "cost": str(message.cost),
        **({"resend_of": draft.resend_of.pk} if draft.resend_of else {}),
    }


def _message_insert(draft: Draft, account: GatewayAccount) -> Message:
    organisation = account.organisation
    counted = count(draft.text)
    price = organisation.price_per_segment
    now = timezone.now()
    message = Message(
        organisation=organisation,
        author=draft.author,
        sender_name=draft.sender_name,
        sender_value=draft.sender_name.value,
        text=draft.text,
        encoding=counted.encoding.value,
        segments=counted.segments,
        recipients_count=len(draft.numbers),
        price_per_segment=price,
        cost=price * counted.segments * len(draft.numbers),
        form_key=draft.form_key,
        content_hash=draft.content_hash,
        resend_of=draft.resend_of,
        mail_domain=account.from_address.rpartition("@")[2],
        priority=INTERACTIVE if len(draft.numbers) <= MOST_INTERACTIVE_RECIPIENTS else BULK,
        due_at=draft.due_at or now,
        expires_at=draft.expires_at,
        created_at=now,
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        known = Message.objects.filter(organisation=organisation, form_key=draft.form_key).first()
        if known is None:
            raise
        raise AlreadySubmitted(known) from None
    return message


def _envelopes_insert(
    message: Message, account: GatewayAccount, draft: Draft, *, is_reserved: bool
) -> list[tuple[Envelope, tuple[str, ...]]]:
    per_recipient = message.price_per_segment * message.segments
    prepared = [
        (_envelope(message, account, number, len(numbers), per_recipient), numbers)
        for number, numbers in enumerate(
            batches(draft.numbers, per_email=account.numbers_per_email), start=1
        )
    ]
    for envelope, _ in prepared:
        envelope.reserved = envelope.cost if is_reserved else Decimal(0)
    Envelope.objects.bulk_create([envelope for envelope, _ in prepared], batch_size=1000)
    return prepared


def _envelope(
    message: Message, account: GatewayAccount, number: int, recipients: int, per_recipient: Decimal
) -> Envelope:
    return Envelope(
        account=account,
        message=message,
        number=number,
        recipients_count=recipients,
        cost=per_recipient * recipients,
    )


def outbox_enter(message: Message, *, account_id: int, last_number: int) -> None:
    """Put the message's envelopes from 1 to ``last_number`` before the claims."""
    OutboxEntry.objects.create(
        message=message,
        account_id=account_id,
        priority=message.priority,
        due_at=message.due_at,
        last_number=last_number,
    )


def outbox_reopen(message: Message, *, account_id: int) -> None:
    """See that the message is in the outbox, for an envelope of it that comes back to the queue
    behind the cursor."""
    OutboxEntry.objects.bulk_create(
        [
            OutboxEntry(
                message=message,
                account_id=account_id,
                priority=message.priority,
                due_at=message.due_at,
                next_number=1,
                last_number=0,
            )
        ],
        update_conflicts=True,
        unique_fields=["message"],
        # Changes nothing, but waits for a sweep that is about to close the message.
        update_fields=["account"],
    )
    Message.objects.filter(pk=message.pk).update(settled_counts=None)


def _recipients_insert(
    message: Message, envelopes: list[tuple[Envelope, tuple[str, ...]]], draft: Draft
) -> None:
    Recipient.objects.bulk_create(
        (
            Recipient(
                message=message, envelope=envelope, phone=phone, name=draft.names.get(phone, "")
            )
            for envelope, numbers in envelopes
            for phone in numbers
        ),
        batch_size=2000,
    )
