"""Messages on their way to the operator. PostgreSQL is the queue; see ARCHITECTURE.md."""

from portal.delivery.models.envelope import (
    NOTABLE,
    STORED,
    UNDER_WAY,
    Attempt,
    Envelope,
    EnvelopeText,
    Recipient,
    State,
    message_id_header,
)
from portal.delivery.models.gateway import (
    MOST_CONNECTIONS,
    MOST_NUMBERS,
    ConnectionLease,
    GatewayAccount,
    PlatformStop,
    SecurityChoice,
    TransferEncodingChoice,
)
from portal.delivery.models.message import EncodingChoice, Message, MessageQuerySet
from portal.delivery.models.meters import AccountMeter, SweepMark
from portal.delivery.models.outbox import (
    HELD_FOR_CANARY,
    NEEDS_NOBODY,
    Claim,
    HeldBecause,
    OutboxEntry,
)
from portal.delivery.models.skip import Skip, SkippedBecause

__all__ = [
    "HELD_FOR_CANARY",
    "MOST_CONNECTIONS",
    "MOST_NUMBERS",
    "NEEDS_NOBODY",
    "NOTABLE",
    "STORED",
    "UNDER_WAY",
    "AccountMeter",
    "Attempt",
    "Claim",
    "ConnectionLease",
    "EncodingChoice",
    "Envelope",
    "EnvelopeText",
    "GatewayAccount",
    "HeldBecause",
    "Message",
    "MessageQuerySet",
    "OutboxEntry",
    "PlatformStop",
    "Recipient",
    "SecurityChoice",
    "Skip",
    "SkippedBecause",
    "State",
    "SweepMark",
    "TransferEncodingChoice",
    "message_id_header",
]
