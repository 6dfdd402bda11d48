"""Writes to templates: the organisation's by who may change those, one's own by who may send."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Conflict, Refused
from portal.core.uniqueness import refused_if_taken
from portal.messaging.message_templates.text import check_template_text
from portal.messaging.models import Template


@transaction.atomic
def template_create(*, actor: User, name: str, text: str, is_own: bool) -> Template:
    """Of the actor's organisation, or the actor's alone. Raises ``Refused`` with the field."""
    owner_id = actor.pk if is_own else None
    if actor.organisation is None or not may_change(actor, actor.organisation.pk, owner_id):
        raise _not_yours()
    template = Template(
        organisation=actor.organisation,
        owner_id=owner_id,
        name=name,
        text=check_template_text(actor, text),
    )
    _save(template)
    _record(Action.CREATED, template, actor, {"own": is_own})
    return template


@transaction.atomic
def template_change(*, template: Template, actor: User, name: str, text: str) -> Template:
    """Whose it is stays. Raises ``Refused`` with the field, ``Conflict`` where it is gone."""
    template = _changeable(template, actor)
    text = check_template_text(actor, text)
    changed: dict[str, object] = {}
    if name != template.name:
        changed["name"] = [template.name, name]
    if text != template.text:
        changed["text"] = True
    if changed:
        template.name, template.text, template.changed_at = name, text, timezone.now()
        _save(template)
        _record(Action.CHANGED, template, actor, changed)
    return template


@transaction.atomic
def template_delete(*, template: Template, actor: User) -> None:
    """Mailings keep the text they took from it. Raises ``Conflict`` where it is gone."""
    template = _changeable(template, actor)
    Template.objects.filter(pk=template.pk).delete()
    _record(Action.DELETED, template, actor, {})


def may_change(member: User, organisation_id: int, owner_id: int | None) -> bool:
    """``owner_id``: of a member's own template, None of the organisation's."""
    if member.organisation_id != organisation_id:
        return False
    if owner_id is None:
        return member.may(Right.EDIT_TEMPLATES)
    return member.may(Right.SEND) and owner_id == member.pk


def _changeable(template: Template, actor: User) -> Template:
    """As it is now, locked."""
    locked = Template.objects.select_for_update(no_key=True, of=("self",)).filter(pk=template.pk)
    if (found := locked.first()) is None:
        raise Conflict(_("The template has been deleted meanwhile."))
    if not may_change(actor, found.organisation_id, found.owner_id):
        raise _not_yours()
    return found


def _not_yours() -> Refused:
    return Refused(_("Your role does not change this template."))


def _save(template: Template) -> None:
    with refused_if_taken(_("There is a template of this name already."), field="name"):
        template.save()


def _record(action: Action, template: Template, actor: User, details: Mapping[str, object]) -> None:
    """A template of a member's own is named by its id alone: others read the trail."""
    is_own = template.owner_id is not None
    event_record(
        action=action,
        actor=actor,
        organisation_id=template.organisation_id,
        obj=template,
        object_label=f"template {template.pk}" if is_own else "",
        details=dict.fromkeys(details, True) if is_own else details,
    )
