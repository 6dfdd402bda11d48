"""Writes to contacts and groups.

The audit trail learns which contact it was by id alone: names and numbers of people stay out.

Rows are locked in one order everywhere: the contact, its groups by id, the audit chain last.
"""

from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.models import Contact, Group
from portal.core.errors import Conflict, Refused
from portal.core.uniqueness import refused_if_taken


@transaction.atomic
def contact_create(
    *,
    organisation: Organisation,
    name: str,
    phone: str,
    actor: User,
    note: str = "",
    groups: Collection[Group] = (),
) -> Contact:
    """``phone``: E.164 digits. Raises ``Refused`` where the number is a contact's already."""
    _refuse_unless_may_edit(organisation.pk, actor)
    contact = Contact(organisation=organisation, given_name=name, phone=phone, note=note)
    _save_contact(contact)
    _set_groups(contact, groups)
    _record_contact(Action.CREATED, contact, actor, {"groups": _ids(groups)})
    return contact


@transaction.atomic
def contact_change(
    *,
    contact: Contact,
    name: str,
    phone: str,
    actor: User,
    note: str = "",
    groups: Collection[Group] = (),
) -> Contact:
    """``phone``: E.164 digits. Raises ``Refused`` where the number is another contact's. What
    stays the same is not recorded."""
    _refuse_unless_may_edit(contact.organisation_id, actor)
    contact = _locked_contact(contact)
    new = {"given_name": name, "phone": phone, "note": note}
    changed = [field for field, value in new.items() if getattr(contact, field) != value]
    for field in changed:
        setattr(contact, field, new[field])
    _save_contact(contact)
    regrouped = _set_groups(contact, groups)
    if changed or regrouped:
        details = {"changed": changed, "groups": _ids(groups)}
        _record_contact(Action.CHANGED, contact, actor, details)
    return contact


@transaction.atomic
def contact_delete(*, contact: Contact, actor: User) -> None:
    """Takes the contact out of its groups too; messages sent to the number stay."""
    _refuse_unless_may_edit(contact.organisation_id, actor)
    contact = _locked_contact(contact)
    _locked_groups(contact)
    Contact.objects.filter(pk=contact.pk).delete()
    _record_contact(Action.DELETED, contact, actor, {})


@transaction.atomic
def group_create(*, organisation: Organisation, name: str, actor: User) -> Group:
    """Raises ``Refused`` where the name is taken."""
    _refuse_unless_may_edit(organisation.pk, actor)
    group = Group(organisation=organisation, name=name)
    _save_group(group)
    _record_group(Action.CREATED, group, actor, {})
    return group


@transaction.atomic
def group_rename(*, group: Group, name: str, actor: User) -> Group:
    """Raises ``Refused`` where the name is taken."""
    _refuse_unless_may_edit(group.organisation_id, actor)
    group = _locked_group(group)
    before, group.name = group.name, name
    if name != before:
        _save_group(group)
        _record_group(Action.CHANGED, group, actor, {"name": [before, name]})
    return group


@transaction.atomic
def group_delete(*, group: Group, actor: User) -> None:
    """Its contacts stay."""
    _refuse_unless_may_edit(group.organisation_id, actor)
    group = _locked_group(group)
    Group.objects.filter(pk=group.pk).delete()
    _record_group(Action.DELETED, group, actor, {})


@transaction.atomic
def group_add_contact(*, group: Group, contact: Contact, actor: User) -> None:
    """Adding twice is as good as once."""
    _refuse_unless_may_edit(group.organisation_id, actor)
    if group.organisation_id != contact.organisation_id:
        raise Refused(_("The group and the contact belong to different organisations."))
    contact = _locked_contact(contact)
    group = _locked_group(group)
    if not group.contacts.contains(contact):
        group.contacts.add(contact)
        _record_group(Action.CHANGED, group, actor, {"added": [contact.pk]})


@transaction.atomic
def group_remove_contact(*, group: Group, contact: Contact, actor: User) -> None:
    """The contact stays, outside the group; one that is not in it changes nothing."""
    _refuse_unless_may_edit(group.organisation_id, actor)
    contact = _locked_contact(contact)
    group = _locked_group(group)
    if group.contacts.contains(contact):
        group.contacts.remove(contact)
        _record_group(Action.CHANGED, group, actor, {"removed": [contact.pk]})


def _save_contact(contact: Contact) -> None:
    with refused_if_taken(_("There is a contact with this number already."), field="phone"):
        contact.save()


def _save_group(group: Group) -> None:
    with refused_if_taken(_("There is a group of this name already."), field="name"):
        group.save()


def _set_groups(contact: Contact, groups: Collection[Group]) -> bool:
    """Whether the contact is in other groups than before."""
    before = set(contact.groups.values_list("pk", flat=True))
    chosen = [group for group in _locked_groups(contact, groups) if group in groups]
    if len(chosen) != len(groups):
        raise Conflict(_("A chosen group is gone. Choose again."), field="groups")
    contact.groups.set(chosen)
    return before != {group.pk for group in chosen}


def _locked_groups(contact: Contact, others: Collection[Group] = ()) -> list[Group]:
    """The groups of a locked contact, and those of ``others`` that its organisation has."""
    current = contact.groups.values_list("pk", flat=True)
    ids = [*current, *_ids(others)]
    own = Group.objects.filter(organisation=contact.organisation_id, pk__in=ids)
    return list(own.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _locked_contact(contact: Contact) -> Contact:
    """As it is now, and until the transaction ends."""
    locked = Contact.objects.select_for_update(no_key=True, of=("self",)).filter(pk=contact.pk)
    if (found := locked.first()) is None:
        raise Conflict(_("The contact has been deleted meanwhile."))
    return found


def _locked_group(group: Group) -> Group:
    locked = Group.objects.select_for_update(no_key=True, of=("self",)).filter(pk=group.pk)
    if (found := locked.first()) is None:
        raise Conflict(_("The group has been deleted meanwhile."))
    return found


def _ids(groups: Collection[Group]) -> list[int]:
    return sorted(group.pk for group in groups)


def _record_contact(
    action: Action, contact: Contact, actor: User, details: Mapping[str, object]
) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=contact.organisation_id,
        obj=contact,
        object_label=f"contact {contact.pk}",
        details=details,
    )


def _record_group(action: Action, group: Group, actor: User, details: Mapping[str, object]) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=group.organisation_id,
        obj=group,
        details=details,
    )


def _refuse_unless_may_edit(organisation_id: int, actor: User) -> None:
    if actor.organisation_id != organisation_id or not actor.may(Right.EDIT_CONTACTS):
        raise Refused(_("Your role does not change contacts."))
