"""What billing must know of an envelope."""

from collections.abc import Iterable, Iterator

from portal.billing.services import Reserved
from portal.delivery.models import Envelope


def reserved_for(envelopes: Iterable[Envelope]) -> Iterator[Reserved]:
    """The money set aside for each envelope."""
    for envelope in envelopes:
        yield Reserved(
            organisation_id=envelope.message.organisation_id,
            message_id=envelope.message_id,
            envelope_id=envelope.pk,
            amount=envelope.reserved,
        )
