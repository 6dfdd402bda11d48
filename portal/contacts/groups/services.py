"""Writes to groups; see ``editing`` for their locks and the trail."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.editing import locked_contact, refuse_unless_may_edit
from portal.contacts.groups.condition_queries import is_whole
from portal.contacts.groups.conditions import Conditions
from portal.contacts.models import Contact, Group, Import, Membership
from portal.core.errors import Conflict, Refused
from portal.core.uniqueness import refused_if_taken


@transaction.atomic
def group_create(
    *, name: str, actor: User, is_own: bool = False, conditions: Conditions | None = None
) -> Group:
    """Of the actor's organisation, or the actor's alone; static, or a saved filter where there are
    ``conditions``. Raises ``Refused`` where the name is taken, or what they ask about is gone."""
    organisation = actor.organisation
    if organisation is None:
        raise Refused(_("Your role does not change contacts."))
    refuse_unless_may_edit(actor, organisation_id=organisation.pk)
    group = Group(organisation=organisation, owner=actor if is_own else None, name=name)
    _set_conditions(group, conditions)
    _save(group)
    _record(Action.CREATED, group, actor, {"own": is_own, "filter": group.is_filter})
    return group


@transaction.atomic
def group_change(
    *, group: Group, name: str, actor: User, conditions: Conditions | None = None
) -> Group:
    """A static group stays static and a filter a filter, whose ``conditions`` are set. Raises
    ``Refused`` where the name is taken, or what they ask about is gone."""
    group = _editable(group, actor)
    changed: dict[str, object] = {}
    if name != group.name:
        changed["name"] = [group.name, name]
        group.name = name
    if group.is_filter and conditions and conditions.to_json() != group.conditions:
        changed["conditions"] = True
        _set_conditions(group, conditions)
    if changed:
        _save(group)
        _record(Action.CHANGED, group, actor, changed)
    return group


@transaction.atomic
def group_delete(*, group: Group, actor: User) -> None:
    """Its contacts stay. It waits for the step of an import that writes into the group; the next
    step finds it gone."""
    _hold_imports_into(group)
    group = _editable(group, actor)
    Group.objects.filter(pk=group.pk).delete()
    _record(Action.DELETED, group, actor, {})


@transaction.atomic
def group_add_contact(*, group: Group, contact: Contact, actor: User) -> None:
    """Adding twice is as good as once; whom an import put in before stays after its undo. Raises
    ``Refused`` for a contact that the group may not have."""
    contact, group = locked_contact(contact), _editable(group, actor)
    refuse_unless_may_edit(
        actor, organisation_id=contact.organisation_id, owner_id=contact.owner_id
    )
    if group.is_filter:
        raise Refused(_("A saved filter finds its contacts itself."))
    if contact.owner_id is not None and group.owner_id is None:
        raise Refused(_("A contact of your own joins only groups of your own."))
    inside = Membership.objects.filter(group=group, contact=contact)
    if not inside.update(imported_by=None):
        group.contacts.add(contact)
        _record(Action.CHANGED, group, actor, {"added": [contact.pk]})


@transaction.atomic
def group_remove_contact(*, group: Group, contact: Contact, actor: User) -> None:
    """The contact stays, outside the group; one that is not in it changes nothing."""
    contact, group = locked_contact(contact), _editable(group, actor)
    if group.contacts.contains(contact):
        group.contacts.remove(contact)
        _record(Action.CHANGED, group, actor, {"removed": [contact.pk]})


def _hold_imports_into(group: Group) -> None:
    """Before the group: an import holds itself while it writes into one."""
    into = Import.objects.select_for_update(no_key=True, of=("self",)).filter(group=group)
    list(into.order_by("pk").values_list("pk"))


def _editable(group: Group, actor: User) -> Group:
    """As it is now, locked."""
    locked = Group.objects.select_for_update(no_key=True, of=("self",)).filter(pk=group.pk)
    if (found := locked.first()) is None:
        raise Conflict(_("The group has been deleted meanwhile."))
    refuse_unless_may_edit(actor, organisation_id=found.organisation_id, owner_id=found.owner_id)
    return found


def _set_conditions(group: Group, conditions: Conditions | None) -> None:
    if conditions is None:
        return
    if not is_whole(conditions, group.organisation, owner_id=group.owner_id):
        raise Refused(_("A field or a group that the filter asks about is gone."))
    group.conditions = conditions.to_json()


def _save(group: Group) -> None:
    with refused_if_taken(_("There is a group of this name already."), field="name"):
        group.save()


def _record(action: Action, group: Group, actor: User, details: Mapping[str, object]) -> None:
    """A group of a member's own is named by its id alone: others read the trail."""
    event_record(
        action=action,
        actor=actor,
        organisation_id=group.organisation_id,
        obj=group,
        object_label=f"group {group.pk}" if group.owner_id else "",
        details=dict.fromkeys(details, True) if group.owner_id else details,
    )
