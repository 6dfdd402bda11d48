"""What administrators do to organisations and users, from the admin and from commands."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.administrators import refuse_unless_administrator
from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.accounts.services import (
    administrator_create,
    member_create,
    one_time_password_set,
    organisation_create,
)
from portal.audit.changes import field_changes
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Refused
from portal.core.uniqueness import refused_if_taken


def signed_in_administrator(request: HttpRequest) -> User:
    """Who works in the admin, where nobody but administrators comes."""
    assert isinstance(request.user, User), "the admin site asks everybody to sign in"
    return request.user


def check_fields(obj: models.Model, *, exclude: set[str] | None = None) -> None:
    """Raises ``Refused`` with the first field at fault and everything that is wrong with it."""
    try:
        obj.full_clean(exclude=exclude)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Refused("; ".join(messages), field="" if field == "__all__" else field) from None


@transaction.atomic
def organisation_found(
    *, name: str, manager_email: str, actor: User | None
) -> tuple[Organisation, str]:
    """Make an organisation with its first manager; returns the manager's one-time password."""
    organisation = organisation_create(name=name, actor=actor)
    _manager, password = member_create(
        organisation=organisation, email=manager_email, role=Role.MANAGER, actor=actor
    )
    return organisation, password


@transaction.atomic
def organisation_change(
    *, organisation: Organisation, changes: Mapping[str, object], actor: User | None
) -> Organisation:
    """Set the named fields. Raises ``Refused`` with the field at fault."""
    refuse_unless_administrator(actor)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    details = field_changes(organisation, changes)
    for name, value in changes.items():
        setattr(organisation, name, value)
    check_fields(organisation)
    with refused_if_taken(_("There is an organisation of this name already."), field="name"):
        organisation.save(update_fields=list(changes))
    event_record(
        action=Action.CHANGED,
        actor=actor,
        organisation_id=organisation.pk,
        obj=organisation,
        details=details,
    )
    return organisation


@transaction.atomic
def user_create(
    *,
    email: str,
    name: str,
    organisation: Organisation | None,
    role: str,
    is_staff: bool,
    actor: User | None,
) -> tuple[User, str]:
    """Make a member, an administrator or somebody who is both; returns the one-time password."""
    refuse_unless_administrator(actor)
    if organisation is None and not is_staff:
        raise Refused(
            _("Choose an organisation and a role, or make the user an administrator."),
            field="organisation",
        )
    if organisation is None:
        user, password = administrator_create(email=email, actor=actor)
        rest: dict[str, object] = {"name": name, "role": role}
    else:
        user, password = member_create(
            organisation=organisation, email=email, role=_role(role), name=name, actor=actor
        )
        rest = {"is_staff": is_staff}
    return user_change(user=user, changes=rest, actor=actor), password


@transaction.atomic
def user_change(*, user: User, changes: Mapping[str, object], actor: User | None) -> User:
    """Set the named fields of ``name organisation role is_active is_staff``; what stays the same
    is not recorded. Raises ``Refused`` with the field at fault."""
    refuse_unless_administrator(actor)
    user = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
    details = field_changes(user, changes)
    if actor is not None and user.pk == actor.pk and details.keys() & {"is_active", "is_staff"}:
        raise Refused(_("You cannot take access from yourself. Ask another administrator."))
    if not details:
        return user
    chains = {user.organisation_id}
    for name in details:
        setattr(user, name, changes[name])
    user.is_superuser = user.is_staff
    check_fields(user, exclude={"password"})
    user.save(update_fields=[*details, "is_superuser"])
    # Whom a user left and whom they joined both find it in their own trail.
    for organisation_id in sorted(chains | {user.organisation_id}, key=lambda pk: pk or 0):
        event_record(
            action=Action.CHANGED,
            actor=actor,
            organisation_id=organisation_id,
            obj=user,
            object_label=user.email,
            details=details,
        )
    return user


@transaction.atomic
def user_new_password(*, user: User, actor: User | None) -> str:
    """Replace the user's password by a one-time one, returned once; signs them out everywhere."""
    refuse_unless_administrator(actor)
    user = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=user.pk)
    return one_time_password_set(user=user, actor=actor)


def _role(role: str) -> Role:
    if role not in Role.values:
        raise Refused(_("Choose a role."), field="role")
    return Role(role)
