"""Writing and verifying the audit trail."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db import models, transaction
from django.utils import timezone

from portal.audit.models import Action, Chain, Event
from portal.audit.origin import current_origin

PLATFORM = 0


class Actor(Protocol):
    """Whoever is signed in; an administrator, a member."""

    @property
    def pk(self) -> int: ...
    @property
    def email(self) -> str: ...


@dataclass(frozen=True)
class Fault:
    """One break in a chain; ``sequence`` is the first number that does not hold."""

    organisation_id: int
    sequence: int
    reason: str


def event_record(
    *,
    action: Action,
    actor: Actor | None,
    organisation_id: int | None,
    obj: models.Model | None = None,
    object_label: str = "",
    actor_label: str = "",
    details: Mapping[str, object] | None = None,
) -> Event:
    """Append one event to its chain, inside the caller's transaction.

    ``actor`` None means the system itself, or someone unknown whom ``actor_label`` names.
    The chain's head stays locked until the transaction ends: record last, commit soon.
    """
    event = Event(
        organisation_id=organisation_id or PLATFORM,
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=actor.email if actor else (actor_label or "system"),
        origin=current_origin()[:64],
        action=action,
        object_type=obj._meta.label_lower if obj else "",
        object_id=str(obj.pk) if obj else "",
        object_label=(object_label or (str(obj) if obj else ""))[:320],
        details=dict(details or {}),
    )
    with transaction.atomic():
        _append(event)
    return event


def _append(event: Event) -> None:
    Chain.objects.bulk_create([Chain(organisation_id=event.organisation_id)], ignore_conflicts=True)
    chain = Chain.objects.select_for_update().get(pk=event.organisation_id)
    event.sequence = chain.length + 1
    event.previous_hash = chain.last_hash
    event.hash = event_hash(event)
    event.save(force_insert=True)
    chain.length, chain.last_hash = event.sequence, event.hash
    chain.save(update_fields=["length", "last_hash"])


def event_hash(event: Event) -> str:
    """SHA-256 (hex) over the event's fields and the hash before it, as canonical JSON."""
    content = [
        event.organisation_id,
        event.sequence,
        event.at.isoformat(),
        event.actor_id,
        event.actor_label,
        event.origin,
        str(event.action),
        event.object_type,
        event.object_id,
        event.object_label,
        event.details,
        event.previous_hash,
    ]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify() -> Iterator[Fault]:
    """Every chain's first fault; nothing where all chains hold. Events may be recorded meanwhile:
    a chain is read up to the head it had, and a head is read after the events it must know."""
    longest = dict(
        Event.objects.order_by().values_list("organisation_id").annotate(models.Max("sequence"))
    )
    heads = {chain.organisation_id: chain for chain in Chain.objects.all()}
    for organisation_id in sorted(longest.keys() | heads.keys()):
        head = heads.get(organisation_id) or Chain(organisation_id=organisation_id)
        fault = _verify_chain(head, longest.get(organisation_id, 0))
        if fault:
            yield fault


def _verify_chain(head: Chain, longest: int) -> Fault | None:
    sequence, last_hash = 0, ""
    events = Event.objects.filter(
        organisation_id=head.organisation_id, sequence__lte=head.length
    ).order_by("sequence")
    for event in events.iterator(chunk_size=2000):
        sequence += 1
        if event.sequence != sequence:
            return Fault(head.organisation_id, sequence, "missing")
        if event.previous_hash != last_hash or event.hash != event_hash(event):
            return Fault(head.organisation_id, sequence, "changed")
        last_hash = event.hash
    if (head.length, head.last_hash) != (sequence, last_hash) or longest > head.length:
        return Fault(head.organisation_id, sequence + 1, "head does not match the last event")
    return None
