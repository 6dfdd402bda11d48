"""What a bulk action does to some contacts at once; they are locked, and their editor may."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.contacts.models import (
    BulkAction,
    BulkKind,
    Contact,
    Group,
    GroupQuerySet,
    Membership,
    StopSource,
)
from portal.contacts.stop_list.services import stop_list_add


class Skip(StrEnum):
    """Why a contact was left as it is."""

    GONE = "gone"
    ALREADY = "already"
    NUMBERLESS = "numberless"
    NUMBER_SHARED = "number_shared"
    OWN_IN_SHARED_GROUP = "own_in_shared_group"


@dataclass
class Effect:
    done: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def split(
        self, contacts: Sequence[Contact], skip: Skip, is_skipped: Callable[[Contact], bool]
    ) -> list[Contact]:
        """Those that are not skipped."""
        kept = [contact for contact in contacts if not is_skipped(contact)]
        if skipped := len(contacts) - len(kept):
            self.skipped[skip.value] += skipped
        return kept


class GroupGone(Exception):
    """The group of the action is gone, or is the actor's no more."""


def carry_out(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    """Raises ``GroupGone``, and ``Refused`` where the actor may not."""
    return _EFFECTS[BulkKind(action.kind)](action, contacts)


def _add_to_group(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    effect, group = Effect(), _group(action)
    if group.owner_id is None:
        contacts = effect.split(
            contacts, Skip.OWN_IN_SHARED_GROUP, lambda contact: contact.owner_id is not None
        )
    inside = _keep_inside(group, contacts)
    joining = effect.split(contacts, Skip.ALREADY, lambda contact: contact.pk in inside)
    Membership.objects.bulk_create(
        [Membership(group=group, contact=contact) for contact in joining], ignore_conflicts=True
    )
    effect.done = len(joining)
    return effect


def _take_out_of_group(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    effect, group = Effect(), _group(action)
    inside = _inside(group, contacts)
    leaving = effect.split(contacts, Skip.ALREADY, lambda contact: contact.pk not in inside)
    Membership.objects.filter(group=group, contact__in=leaving).delete()
    effect.done = len(leaving)
    return effect


def _share(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    effect = Effect()
    own = effect.split(contacts, Skip.ALREADY, lambda contact: contact.owner_id is None)
    phones = {contact.phone for contact in own} - {""}
    shared = Contact.objects.filter(
        organisation=action.organisation_id, owner=None, phone__in=phones
    ).exclude(phone="")
    taken = set(shared.values_list("phone", flat=True))
    free = effect.split(own, Skip.NUMBER_SHARED, lambda contact: contact.phone in taken)
    effect.done = len(free)
    for contact in () if _shared_at_once(free) else free:
        # Somebody has shared one of the numbers this very moment.
        if not _shared_at_once([contact]):
            effect.done -= 1
            effect.skipped[Skip.NUMBER_SHARED.value] += 1
    return effect


def _shared_at_once(contacts: Sequence[Contact]) -> bool:
    try:
        with transaction.atomic():
            _update(contacts, owner=None)
    except IntegrityError:
        return False
    return True


def _set_archived(action: BulkAction, contacts: Sequence[Contact], *, archived: bool) -> Effect:
    effect = Effect()
    changing = effect.split(
        contacts, Skip.ALREADY, lambda contact: (contact.archived_at is not None) is archived
    )
    _update(changing, archived_at=timezone.now() if archived else None)
    effect.done = len(changing)
    return effect


def _stop(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    effect = Effect()
    numbered = effect.split(contacts, Skip.NUMBERLESS, lambda contact: not contact.phone)
    phones = {contact.phone for contact in numbered}
    if not phones:
        return effect
    added = stop_list_add(
        organisation=action.organisation,
        phones=phones,
        reason=str(action.argument.get("reason", "")),
        source=StopSource.HAND,
        actor=action.actor,
    )
    effect.done = added.added
    if known := len(numbered) - added.added:
        effect.skipped[Skip.ALREADY.value] += known
    return effect


def _delete(action: BulkAction, contacts: Sequence[Contact]) -> Effect:
    Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).delete()
    return Effect(done=len(contacts))


def _update(contacts: Sequence[Contact], **changes: object) -> None:
    rows = Contact.objects.filter(pk__in=[contact.pk for contact in contacts])
    rows.update(changed_at=timezone.now(), **changes)


def _group(action: BulkAction) -> Group:
    """Locked; a static one that the actor sees."""
    groups = pickable_groups(action.actor).select_for_update(no_key=True, of=("self",))
    group = groups.filter(pk=action.argument.get("group")).first()
    if group is None:
        raise GroupGone
    return group


def pickable_groups(member: User) -> GroupQuerySet:
    """Static groups that the member may pick people into."""
    return Group.objects.visible_to(member).filter(conditions__isnull=True)


def _keep_inside(group: Group, contacts: Sequence[Contact]) -> set[int]:
    """Who of them is in it; the undo of an import does not take them out any more."""
    members = Membership.objects.filter(group=group, contact__in=contacts)
    members.filter(imported_by__isnull=False).update(imported_by=None)
    return _inside(group, contacts)


def _inside(group: Group, contacts: Sequence[Contact]) -> set[int]:
    members = Membership.objects.filter(group=group, contact__in=contacts)
    return set(members.values_list("contact_id", flat=True))


_EFFECTS: Mapping[BulkKind, Callable[[BulkAction, Sequence[Contact]], Effect]] = {
    BulkKind.ADD_TO_GROUP: _add_to_group,
    BulkKind.TAKE_OUT_OF_GROUP: _take_out_of_group,
    BulkKind.SHARE: _share,
    BulkKind.ARCHIVE: partial(_set_archived, archived=True),
    BulkKind.RESTORE: partial(_set_archived, archived=False),
    BulkKind.STOP: _stop,
    BulkKind.DELETE: _delete,
}
