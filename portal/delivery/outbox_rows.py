"""Envelopes and recipients of a message about to enter the outbox, written in parts, so that
memory stays flat however many there are."""

from collections.abc import Iterable, Iterator, Sized
from decimal import Decimal
from typing import TypeVar

from portal.core.copying import copy_rows
from portal.core.prepared import rows
from portal.delivery.models import GatewayAccount, Message
from sms.batching import batches

# Recipients of one part, give or take an envelope.
_PART = 4000
_ENVELOPES = """
    INSERT INTO delivery_envelope
           (account_id, message_id, number, recipients_count, cost, reserved)
    SELECT %(account)s, %(message)s, %(written)s + place, size, %(each)s * size,
           %(reserved_each)s * size
      FROM unnest(%(sizes)s::int[]) WITH ORDINALITY AS cut (size, place)
     ORDER BY place
    RETURNING number, id
"""
_RECIPIENTS = "delivery_recipient (message_id, envelope_id, phone, name)"

Cut = TypeVar("Cut", bound=Sized)


def envelopes_write(
    message: Message,
    account: GatewayAccount,
    recipients: Iterable[tuple[str, str]],
    *,
    is_reserved: bool,
) -> int:
    """Cut the recipients (number and name) into e-mails and write both; returns how many e-mails.

    ``is_reserved``: the ledger sets the money of each aside.
    """
    names: dict[str, str] = {}
    numbers = _remembering_names(recipients, names)
    written = 0
    for part in parts(batches(numbers, per_email=account.numbers_per_email)):
        ids = _envelopes_insert(message, account, part, written, is_reserved=is_reserved)
        copy_rows(
            _RECIPIENTS,
            (
                (message.pk, envelope, number, names.pop(number, ""))
                for envelope, batch in zip(ids, part, strict=True)
                for number in batch
            ),
        )
        written += len(part)
    return written


def _remembering_names(
    recipients: Iterable[tuple[str, str]], names: dict[str, str]
) -> Iterator[str]:
    for number, name in recipients:
        if name:
            names[number] = name
        yield number


def parts(cut: Iterable[Cut]) -> Iterator[list[Cut]]:
    """E-mails, each as long as it has recipients, so many together as one COPY writes."""
    part: list[Cut] = []
    size = 0
    for batch in cut:
        part.append(batch)
        size += len(batch)
        if size >= _PART:
            yield part
            part, size = [], 0
    if part:
        yield part


def _envelopes_insert(
    message: Message,
    account: GatewayAccount,
    part: list[tuple[str, ...]],
    written: int,
    *,
    is_reserved: bool,
) -> list[int]:
    each = message.price_per_segment * message.segments
    inserted = rows(
        _ENVELOPES,
        {
            "account": account.pk,
            "message": message.pk,
            "written": written,
            "sizes": [len(batch) for batch in part],
            "each": each,
            "reserved_each": each if is_reserved else Decimal(0),
        },
    )
    return [pk for _number, pk in sorted(inserted)]
