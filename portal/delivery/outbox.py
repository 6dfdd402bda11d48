"""Putting a message into the outbox, inside one transaction of its submitter."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.billing.services import refuse_unless_covered, reserve
from portal.delivery.doorbell import ring
from portal.delivery.models import GatewayAccount, HeldBecause, Message, OutboxEntry, State
from portal.delivery.outbox_rows import envelopes_write
from portal.delivery.personal import PersonalRecipients, personal_envelopes_write
from portal.delivery.scheduling import BULK, INTERACTIVE
from portal.delivery.skips import SkippedNumber, skips_write
from portal.senders.models import SenderName
from sms.segments import count

# A person who writes to a handful waits for it; a campaign does not.
MOST_INTERACTIVE_RECIPIENTS = 200


class Recipients(Protocol):
    """Whom a message goes to: unique MSISDNs, the same in the same order at every reading.

    May be longer than memory allows: read it, do not list it.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Number and contact's name ("" for none); the name is for the history alone."""

    def phones(self) -> Iterator[str]:
        """The numbers alone."""

    def skipped(self) -> Iterator[SkippedNumber]:
        """Numbers, each once and none of the above, that the message is to skip."""


@dataclass(frozen=True)
class Draft:
    """A checked message: prepared text, at least one recipient, a key that names this submit, and
    the ``content_hash`` that tells a replay of it from other content.

    ``text``: where the recipients have texts of their own, the template as it was written.
    ``waits_for_canary``: the message that must be accepted by ``due_at``; until then this one is
    held (``canaries.py``).
    """

    author: User
    sender_name: SenderName
    text: str
    recipients: Recipients | PersonalRecipients
    form_key: str
    content_hash: str
    due_at: datetime | None = None
    expires_at: datetime | None = None
    resend_of: Message | None = None
    waits_for_canary: Message | None = None


def content_hash(
    *,
    sender_value: str,
    text: str,
    numbers: Iterable[str],
    due_at: datetime | None,
    expires_at: datetime | None = None,
) -> str:
    """SHA-256 (hex) of all that makes the SMS and its price; ``text`` is prepared."""
    times = _moment(due_at) + (f"/{_moment(expires_at)}" if expires_at else "")
    digest = hashlib.sha256("\x00".join([sender_value, times, text]).encode())
    for number in numbers:
        digest.update(b"\x00" + number.encode())
    return digest.hexdigest()


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


class AlreadySubmitted(Exception):
    """The organisation has a message with this form key."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"form key of message {message.pk}")
        self.message = message


def message_enqueue(*, draft: Draft, account: GatewayAccount, actor: User) -> Message:
    """Write message, envelopes, recipients, skips, reservation and audit; ring on commit.

    Raises ``AlreadySubmitted`` and ``billing.services.NotEnoughMoney``, and IntegrityError where
    personal recipients are not as many or not as long as they were said to be; nothing stays then.
    """
    with transaction.atomic():
        message = _message_insert(draft, account)
        last_number = _rows_write(message, account, draft)
        _outbox_enter(message, draft, account_id=account.pk, last_number=last_number)
        event_record(
            action=Action.RESENT if draft.resend_of else Action.SUBMITTED,
            actor=actor,
            organisation_id=message.organisation_id,
            obj=message,
            details=_audit_details(message, draft),
        )
        transaction.on_commit(lambda: ring(account.pk))
    return message


def _rows_write(message: Message, account: GatewayAccount, draft: Draft) -> int:
    """Envelopes, recipients, skips and reservation; returns how many envelopes.

    Money is reserved last, and the audit event comes after that: their locks stop other submits,
    and a million rows take a while.
    """
    organisation = account.organisation
    refuse_unless_covered(organisation, message.cost)
    foreseen = organisation.is_prepaid and bool(message.cost)
    if isinstance(draft.recipients, PersonalRecipients):
        people = draft.recipients.people
        written = personal_envelopes_write(message, account, people, is_reserved=foreseen)
    else:
        written = envelopes_write(message, account, draft.recipients, is_reserved=foreseen)
    skips_write(message, draft.recipients.skipped())
    reserved = reserve(
        organisation=organisation, message_id=message.pk, cost=message.cost, actor=draft.author
    )
    if bool(reserved) != foreseen:
        # The plan was switched meanwhile.
        message.envelopes.update(reserved=F("cost") if reserved else Decimal(0))
    return written


def _audit_details(message: Message, draft: Draft) -> dict[str, object]:
    sent_to = len(draft.recipients)
    skipped = message.recipients_count - sent_to
    return {
        "sender_name": message.sender_value,
        "recipients": sent_to,
        **({"skipped": skipped} if skipped else {}),
        "segments": message.segments,
        **({"segments_in_all": message.segments_in_all} if message.is_personalised else {}),
        "cost": str(message.cost),
        **({"resend_of": draft.resend_of.pk} if draft.resend_of else {}),
    }


def _message_insert(draft: Draft, account: GatewayAccount) -> Message:
    organisation = account.organisation
    counted = count(draft.text)
    is_personalised, segments, segments_in_all = _sizes(draft, counted.segments)
    price = organisation.price_per_segment
    recipients = len(draft.recipients)
    now = timezone.now()
    message = Message(
        organisation=organisation,
        author=draft.author,
        sender_name=draft.sender_name,
        sender_value=draft.sender_name.value,
        text=draft.text,
        encoding=counted.encoding.value,
        is_personalised=is_personalised,
        segments=segments,
        segments_in_all=segments_in_all,
        recipients_count=recipients,
        price_per_segment=price,
        cost=price * segments_in_all,
        form_key=draft.form_key,
        content_hash=draft.content_hash,
        resend_of=draft.resend_of,
        mail_domain=account.from_address.rpartition("@")[2],
        priority=INTERACTIVE if recipients <= MOST_INTERACTIVE_RECIPIENTS else BULK,
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


def _sizes(draft: Draft, segments: int) -> tuple[bool, int, int]:
    """Whether it is personalised, the segments of its longest text and of all; ``segments``: of
    ``draft.text``."""
    recipients = draft.recipients
    if isinstance(recipients, PersonalRecipients):
        return True, recipients.most_segments, recipients.segments_in_all
    return False, segments, segments * len(recipients)


def _outbox_enter(message: Message, draft: Draft, *, account_id: int, last_number: int) -> None:
    """Put the message's envelopes from 1 to ``last_number`` before the claims."""
    OutboxEntry.objects.create(
        message=message,
        account_id=account_id,
        priority=message.priority,
        due_at=message.due_at,
        last_number=last_number,
        recipients_ahead=len(draft.recipients),
        cost_ahead=message.cost if message.is_personalised else None,
        canary=draft.waits_for_canary,
        held_because=HeldBecause.AWAITS_CANARY if draft.waits_for_canary else "",
    )


def outbox_put_off(message: Message, *, until: datetime) -> None:
    """Claim none of its envelopes that were never claimed before ``until``."""
    OutboxEntry.objects.filter(pk=message.pk).update(due_at=until)


def outbox_reopen(message: Message, *, account_id: int) -> None:
    """See that the message, as it is in the database, is in the outbox, for an envelope of it that
    comes back to the queue behind the cursor."""
    OutboxEntry.objects.bulk_create(
        [
            OutboxEntry(
                message=message,
                account_id=account_id,
                priority=message.priority,
                due_at=message.due_at,
                next_number=1,
                last_number=0,
                recipients_ahead=0,
                cost_ahead=Decimal(0) if message.is_personalised else None,
                recipients_replaced=(message.settled_counts or {}).get(State.REPLACED, 0),
            )
        ],
        update_conflicts=True,
        unique_fields=["message"],
        # Changes nothing, but waits for a sweep that is about to close the message.
        update_fields=["account"],
    )
    Message.objects.filter(pk=message.pk).update(settled_counts=None)
