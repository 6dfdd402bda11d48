"""Recipients with texts of their own, about to enter the outbox."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice, tee
from operator import attrgetter
from typing import NamedTuple

from portal.core.copying import copy_rows
from portal.core.prepared import rows_planned_now
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.outbox_rows import parts
from portal.delivery.skips import SkippedNumber
from sms.batching import batches

_ENVELOPES = """
    INSERT INTO delivery_envelope
           (account_id, message_id, number, recipients_count, cost, reserved)
    SELECT %(account)s, %(message)s, %(written)s + place, size, %(price)s * segments * size,
           CASE WHEN %(is_reserved)s THEN %(price)s * segments * size ELSE 0 END
      FROM unnest(%(sizes)s::int[], %(segments)s::int[])
           WITH ORDINALITY AS cut (size, segments, place)
     ORDER BY place
    RETURNING number, id
"""
_TEXTS = "delivery_envelopetext (envelope_id, text, segments)"
_RECIPIENTS = "delivery_recipient (message_id, envelope_id, phone, name)"


class PersonalRecipient(NamedTuple):
    """Number (E.164 digits), contact's name ("" for none; for the history alone), their prepared
    text, and the segments that it takes."""

    phone: str
    name: str
    text: str
    segments: int


@dataclass(frozen=True)
class PersonalRecipients:
    """Whom a personalised message goes to: at least one, unique numbers.

    ``people`` is read once and in parts: it may be longer than memory, and may come from the
    database. It must have ``count`` people whose segments come to ``segments_in_all``, the longest
    text to ``most_segments``. Neighbours with the same text share e-mails. ``skips``: numbers, each
    once and none of the above, that the message is to skip.
    """

    people: Iterable[PersonalRecipient]
    count: int
    segments_in_all: int
    most_segments: int
    skips: Iterable[SkippedNumber] = ()

    def __len__(self) -> int:
        return self.count

    def skipped(self) -> Iterator[SkippedNumber]:
        return iter(self.skips)


# Of one e-mail: people with one text.
_Cut = tuple[PersonalRecipient, ...]


def personal_envelopes_write(
    message: Message,
    account: GatewayAccount,
    people: Iterable[PersonalRecipient],
    *,
    is_reserved: bool,
) -> int:
    """Cut the recipients into e-mails and write both with their texts; returns how many e-mails.

    ``is_reserved``: the ledger sets the money of each aside.
    """
    written = 0
    for cuts in parts(_cut(people, account.numbers_per_email)):
        ids = _envelopes_insert(message, account, cuts, written, is_reserved=is_reserved)
        copy_rows(
            _TEXTS, ((pk, cut[0].text, cut[0].segments) for pk, cut in zip(ids, cuts, strict=True))
        )
        copy_rows(
            _RECIPIENTS,
            (
                (message.pk, pk, person.phone, person.name)
                for pk, cut in zip(ids, cuts, strict=True)
                for person in cut
            ),
        )
        written += len(cuts)
    return written


def _cut(people: Iterable[PersonalRecipient], per_email: int) -> Iterator[_Cut]:
    for _text, neighbours in groupby(people, attrgetter("text")):
        read, left = tee(neighbours)
        for numbers in batches((person.phone for person in read), per_email=per_email):
            yield tuple(islice(left, len(numbers)))


def _envelopes_insert(
    message: Message, account: GatewayAccount, cuts: list[_Cut], written: int, *, is_reserved: bool
) -> list[int]:
    inserted = rows_planned_now(
        _ENVELOPES,
        {
            "account": account.pk,
            "message": message.pk,
            "written": written,
            "sizes": [len(cut) for cut in cuts],
            "segments": [cut[0].segments for cut in cuts],
            "price": message.price_per_segment,
            "is_reserved": is_reserved,
        },
    )
    return [pk for _number, pk in sorted(inserted)]
