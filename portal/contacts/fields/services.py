"""Writes to an organisation's own fields."""

from collections.abc import Mapping

from django.db import models, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.fields.names import is_reserved
from portal.contacts.models import ContactField
from portal.contacts.models.field import MOST_FIELDS
from portal.core.errors import Conflict, Refused
from portal.core.uniqueness import refused_if_taken
from sms.placeholders import fold_name


@transaction.atomic
def field_create(*, organisation: Organisation, name: str, kind: str, actor: User) -> ContactField:
    """After the others. Raises ``Refused`` where the name is taken or reserved, and where there
    are ``MOST_FIELDS``."""
    _refuse_unless_may_edit(actor, organisation.pk)
    _refuse_reserved(name)
    fields = _locked_fields(organisation.pk)
    if fields.count() >= MOST_FIELDS:
        words = _("There are %(most)s fields already; more would not fit a form.")
        raise Refused(words % {"most": MOST_FIELDS}, field="name")
    last = fields.aggregate(last=models.Max("position"))["last"]
    position = 0 if last is None else last + 1
    field = ContactField(organisation=organisation, name=name, kind=kind, position=position)
    _save(field)
    _record(Action.CREATED, field, actor, {"kind": kind})
    return field


@transaction.atomic
def field_rename(*, field: ContactField, name: str, actor: User) -> ContactField:
    """Raises ``Refused`` where the name is taken or reserved."""
    _refuse_unless_may_edit(actor, field.organisation_id)
    _refuse_reserved(name)
    field = _locked(field)
    before, field.name = field.name, name
    if name != before:
        _save(field)
        _record(Action.CHANGED, field, actor, {"name": [before, name]})
    return field


@transaction.atomic
def field_move(*, field: ContactField, by: int, actor: User) -> None:
    """``by``: -1 to stand one place earlier, 1 one later; there is nothing beyond the ends."""
    _refuse_unless_may_edit(actor, field.organisation_id)
    _locked(field)
    ids = list(_of(field.organisation_id).values_list("pk", flat=True))
    old = ids.index(field.pk)
    new = min(max(old + by, 0), len(ids) - 1)
    if new == old:
        return
    ids.insert(new, ids.pop(old))
    for position, pk in enumerate(ids):
        ContactField.objects.filter(pk=pk).exclude(position=position).update(position=position)
    _record(Action.CHANGED, field, actor, {"position": [old + 1, new + 1]})


@transaction.atomic
def field_delete(*, field: ContactField, actor: User) -> None:
    """What contacts have in it is shown, found and sent no more.

    It leaves a contact when that is saved next: ids of fields are never used again, and to
    rewrite a million contacts now would hold up everybody else.
    """
    _refuse_unless_may_edit(actor, field.organisation_id)
    field = _locked(field)
    ContactField.objects.filter(pk=field.pk).delete()
    _record(Action.DELETED, field, actor, {})


def _of(organisation_id: int) -> models.QuerySet[ContactField]:
    return ContactField.objects.filter(organisation=organisation_id)


def _save(field: ContactField) -> None:
    """Raises ``Refused`` for the name of another field, also as texts of messages spell it."""
    taken = _("There is a field of this name already.")
    others = _of(field.organisation_id).exclude(pk=field.pk).values_list("name", flat=True)
    if fold_name(field.name) in map(fold_name, others):
        raise Refused(taken, field="name")
    with refused_if_taken(taken, field="name"):
        field.save()


def _refuse_reserved(name: str) -> None:
    if is_reserved(name):
        raise Refused(_("Every contact has this already. Choose another name."), field="name")


def _locked_fields(organisation_id: int) -> models.QuerySet[ContactField]:
    """All of the organisation; nobody else adds, moves or deletes one until we are done."""
    Organisation.objects.select_for_update(no_key=True, of=("self",)).get(pk=organisation_id)
    return _of(organisation_id)


def _locked(field: ContactField) -> ContactField:
    """As it is now, with the organisation's others locked. Raises ``Conflict`` if it is gone."""
    found = _locked_fields(field.organisation_id).filter(pk=field.pk).first()
    if found is None:
        raise Conflict(_("The field has been deleted meanwhile."))
    return found


def _record(
    action: Action, field: ContactField, actor: User, details: Mapping[str, object]
) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=field.organisation_id,
        obj=field,
        details=details,
    )


def _refuse_unless_may_edit(actor: User, organisation_id: int) -> None:
    if actor.organisation_id != organisation_id or not actor.may(Right.EDIT_CONTACT_FIELDS):
        raise Refused(_("Your role does not change the fields of contacts."))
