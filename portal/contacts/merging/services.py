"""Two contacts made one, or told apart."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.contacts.editing import (
    locked_contacts,
    locked_groups,
    record_contact,
    refuse_unless_may_edit,
)
from portal.contacts.models import Contact, DistinctPair, Membership
from portal.contacts.particulars import Particulars
from portal.contacts.services import save_contact
from portal.core.errors import Conflict, Refused


@transaction.atomic
def contact_merge(
    *,
    kept: Contact,
    other: Contact,
    particulars: Particulars,
    seen: Mapping[int, datetime],
    actor: User,
) -> Contact:
    """``kept`` comes to say ``particulars`` and joins the groups of ``other``, which is deleted.
    It is in use if either was. Messages sent to either number stay.

    ``seen``: when each had last been changed, as the ``actor`` saw it. Raises ``Conflict`` where
    one is gone or has been changed since, ``Refused`` where a shared contact would go into an own
    one, for it would be lost to everybody else.
    """
    kept, other = _both(kept, other, actor)
    if any(seen.get(one.pk) != one.changed_at for one in (kept, other)):
        raise Conflict(_("One of the contacts has been changed meanwhile. Look at them again."))
    if other.is_shared and not kept.is_shared:
        raise Refused(_("The contact that everybody sees is the one to keep."), field="kept")
    locked_groups([kept, other])
    joined = _join_groups(kept, other)
    Contact.objects.filter(pk=other.pk).delete()
    changed = particulars.put_on(kept)
    kept.archived_at = kept.archived_at and other.archived_at
    kept.changed_at = timezone.now()
    save_contact(kept)
    record_contact(Action.DELETED, other, actor, {"merged_into": kept.pk})
    details = {"merged": other.pk, "changed": changed, "joined": joined}
    record_contact(Action.CHANGED, kept, actor, details)
    return kept


@transaction.atomic
def pair_tell_apart(*, one: Contact, other: Contact, actor: User) -> None:
    """The two are different people and no likely duplicates any more. Raises ``Refused``,
    ``Conflict`` where one is gone."""
    first, second = sorted(_both(one, other, actor), key=lambda contact: contact.pk)
    _pair, is_new = DistinctPair.objects.get_or_create(
        first=first, second=second, defaults={"organisation_id": first.organisation_id}
    )
    if is_new:
        record_contact(Action.CHANGED, first, actor, {"told_apart_from": second.pk})


@transaction.atomic
def pair_take_back(*, pair: DistinctPair, actor: User) -> None:
    """The two may be one person after all. Raises ``Refused``, ``Conflict`` where it is gone."""
    first, _second = _both(pair.first, pair.second, actor)
    deleted, _by_model = DistinctPair.objects.filter(pk=pair.pk).delete()
    if not deleted:
        raise Conflict(_("The two are among the likely duplicates already."))
    record_contact(Action.CHANGED, first, actor, {"may_be_one_with": pair.second_id})


def _both(kept: Contact, other: Contact, actor: User) -> tuple[Contact, Contact]:
    """As they are now, locked. Raises ``Refused`` unless the actor may edit both."""
    if kept.pk == other.pk:
        raise Refused(_("Choose two contacts."))
    found = {contact.pk: contact for contact in locked_contacts([kept, other])}
    for contact in found.values():
        refuse_unless_may_edit(
            actor, organisation_id=contact.organisation_id, owner_id=contact.owner_id
        )
    return found[kept.pk], found[other.pk]


def _join_groups(kept: Contact, other: Contact) -> list[int]:
    """Ids of the groups that ``kept`` was not in. No undo of an import takes the merged person out
    of a group of ``other``."""
    of_other = Membership.objects.filter(contact=other).values_list("group", flat=True)
    of_kept = Membership.objects.filter(contact=kept)
    of_kept.filter(group__in=of_other).update(imported_by=None)
    inside = set(of_kept.values_list("group", flat=True))
    new = sorted(set(of_other) - inside)
    Membership.objects.bulk_create(Membership(group_id=pk, contact=kept) for pk in new)
    return new
