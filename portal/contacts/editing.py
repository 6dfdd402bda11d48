"""What every change of contacts and groups needs: whose they are, their locks, the trail.

Rows are locked in one order everywhere: contacts by id, groups by id, the audit chain last.
The audit trail learns which contact it was by id alone: names and numbers of people stay out.
"""

from collections.abc import Collection, Mapping

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.models import Contact, Group
from portal.core.errors import Conflict, Refused


def refuse_unless_may_edit(
    actor: User, *, organisation_id: int, owner_id: int | None = None
) -> None:
    """What is shared is edited by who may edit contacts, one's own by its owner alone."""
    if actor.organisation_id != organisation_id or not actor.may(Right.EDIT_CONTACTS):
        raise Refused(_("Your role does not change contacts."))
    if owner_id not in (None, actor.pk):
        raise Refused(_("This belongs to another member alone."))


def locked_contact(contact: Contact) -> Contact:
    """As it is now, and until the transaction ends. Raises ``Conflict`` where it is gone."""
    return locked_contacts([contact])[0]


def locked_contacts(contacts: Collection[Contact]) -> list[Contact]:
    """In the order of their ids. Raises ``Conflict`` where any is gone."""
    ids = {contact.pk for contact in contacts}
    rows = Contact.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    if len(found := list(rows.order_by("pk"))) != len(ids):
        raise Conflict(_("The contact has been deleted meanwhile."))
    return found


def locked_groups(contacts: Collection[Contact], others: Collection[Group] = ()) -> list[Group]:
    """All groups of the locked contacts, and those of ``others`` that are still there."""
    ids = [group.pk for group in others]
    mine = Group.contacts.through.objects.filter(contact__in=[contact.pk for contact in contacts])
    either = Q(pk__in=ids) | Q(pk__in=mine.values("group"))
    locked = Group.objects.filter(either).select_for_update(no_key=True, of=("self",))
    return list(locked.order_by("pk"))


def record_contact(
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
