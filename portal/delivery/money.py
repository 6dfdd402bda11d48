"""What billing must know of an envelope."""

from collections.abc import Iterable, Iterator

from portal.billing.services import Held
from portal.delivery.models import Envelope


def held_for(envelopes: Iterable[Envelope]) -> Iterator[Held]:
    """The money set aside for each envelope."""
    for envelope in envelopes:
        yield Held(
            organisation_id=envelope.message.organisation_id,
            message_id=envelope.message_id,
            envelope_id=envelope.pk,
            amount=envelope.reserved,
        )
