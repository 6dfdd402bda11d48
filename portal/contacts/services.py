"""Writes to contacts; see ``editing`` for their locks and the trail."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.audit.models import Action
from portal.contacts.editing import (
    locked_contact,
    locked_groups,
    record_contact,
    refuse_unless_may_edit,
)
from portal.contacts.models import Contact, Group
from portal.contacts.particulars import Particulars
from portal.core.errors import Conflict, Refused
from portal.core.uniqueness import refused_if_taken


@transaction.atomic
def contact_create(
    *,
    organisation: Organisation,
    particulars: Particulars,
    actor: User,
    is_own: bool = False,
    groups: Collection[Group] = (),
) -> Contact:
    """Shared by the organisation, or the ``actor``'s alone. Raises ``Refused`` where there is
    neither name nor number, where the number is a contact's already, and for a shared group of an
    own contact."""
    refuse_unless_may_edit(actor, organisation_id=organisation.pk)
    contact = Contact(organisation=organisation, owner=actor if is_own else None)
    particulars.put_on(contact)
    save_contact(contact)
    _set_groups(contact, groups, actor)
    details = {"own": is_own, "groups": _ids(groups)}
    record_contact(Action.CREATED, contact, actor, details)
    return contact


@transaction.atomic
def contact_change(
    *,
    contact: Contact,
    particulars: Particulars,
    actor: User,
    share: bool = False,
    groups: Collection[Group] = (),
) -> Contact:
    """``share``: an own contact becomes the organisation's; there is no way back. Of the contact's
    groups those that the ``actor`` picks people into become ``groups``; others stay.

    Raises ``Refused`` as ``contact_create`` does. What stays the same is not recorded.
    """
    contact = _editable(contact, actor)
    changed = particulars.put_on(contact)
    if share and contact.owner_id:
        contact.owner = None
        changed.append("owner")
    if changed:
        contact.changed_at = timezone.now()
        save_contact(contact)
    if _set_groups(contact, groups, actor) or changed:
        details = {"changed": changed, "groups": _ids(groups)}
        record_contact(Action.CHANGED, contact, actor, details)
    return contact


@transaction.atomic
def contact_archive(*, contact: Contact, actor: User) -> None:
    """It leaves lists and messages, and keeps its groups. Archiving twice is as good as once."""
    contact = _editable(contact, actor)
    if contact.archived_at is None:
        _set_archived(contact, timezone.now(), actor)


@transaction.atomic
def contact_restore(*, contact: Contact, actor: User) -> None:
    """It is in use again; one that is in use already stays as it is."""
    contact = _editable(contact, actor)
    if contact.archived_at is not None:
        _set_archived(contact, None, actor)


@transaction.atomic
def contact_delete(*, contact: Contact, actor: User) -> None:
    """Takes the contact out of its groups too; messages sent to the number stay."""
    contact = _editable(contact, actor)
    locked_groups([contact])
    Contact.objects.filter(pk=contact.pk).delete()
    record_contact(Action.DELETED, contact, actor, {})


def _editable(contact: Contact, actor: User) -> Contact:
    """As it is now, locked."""
    contact = locked_contact(contact)
    refuse_unless_may_edit(
        actor, organisation_id=contact.organisation_id, owner_id=contact.owner_id
    )
    return contact


def save_contact(contact: Contact) -> None:
    """Raises ``Refused`` where it says neither name nor number, or its shelf has the number."""
    contact.derive()
    if not contact.name and not contact.phone:
        raise Refused(_("Write a name or a number."), field="given_name")
    with refused_if_taken(_("There is a contact with this number already."), field="phone"):
        contact.save()


def _set_archived(contact: Contact, at: datetime | None, actor: User) -> None:
    contact.archived_at, contact.changed_at = at, timezone.now()
    Contact.objects.filter(pk=contact.pk).update(archived_at=at, changed_at=contact.changed_at)
    record_contact(Action.CHANGED, contact, actor, {"archived": at is not None})


def _set_groups(contact: Contact, groups: Collection[Group], actor: User) -> bool:
    """Whether the contact is in other groups than before. Groups that the ``actor`` does not see,
    and saved filters, are left alone."""
    locked = locked_groups([contact], groups)
    joinable = Group.objects.visible_to(actor).filter(conditions__isnull=True)
    open_ids = set(joinable.filter(pk__in=_ids(locked)).values_list("pk", flat=True))
    chosen = {group.pk: group for group in groups}
    if not chosen.keys() <= open_ids:
        raise Conflict(
            _("The chosen group has been deleted meanwhile. Choose again."), field="groups"
        )
    if contact.owner_id and any(group.owner_id is None for group in chosen.values()):
        raise Refused(_("A contact of your own joins only groups of your own."), field="groups")
    before = open_ids & set(contact.groups.values_list("pk", flat=True))
    contact.groups.remove(*(before - chosen.keys()))
    contact.groups.add(*(chosen.keys() - before))
    return before != chosen.keys()


def _ids(groups: Collection[Group]) -> list[int]:
    return sorted(group.pk for group in groups)
