"""Writes to organisations and users."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.administrators import is_administrator, refuse_unless_administrator
from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right, Role
from portal.audit.changes import field_changes
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Refused
from portal.core.uniqueness import refused_if_taken

# No look-alikes: a one-time password is read off paper and typed.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password() -> str:
    """About 79 bits as four dash-separated groups of four characters."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


@transaction.atomic
def administrator_create(*, email: str, actor: User | None) -> tuple[User, str]:
    """Make platform staff; the one-time password is returned once and stored only hashed."""
    refuse_unless_administrator(actor)
    password = one_time_password()
    user = _user_create(
        email=email, password=password, is_staff=True, is_superuser=True, must_change_password=True
    )
    event_record(action=Action.CREATED, actor=actor, organisation_id=None, obj=user)
    return user, password


@transaction.atomic
def organisation_create(*, name: str, actor: User | None, **fields: object) -> Organisation:
    """Raises ``Refused`` where the name is taken or a field is out of its range."""
    refuse_unless_administrator(actor)
    organisation = Organisation(name=name.strip(), **fields)
    try:
        organisation.full_clean()
    except ValidationError as error:
        raise Refused("; ".join(error.messages), field="name") from None
    with refused_if_taken(_("There is an organisation of this name already."), field="name"):
        organisation.save()
    event_record(
        action=Action.CREATED, actor=actor, organisation_id=organisation.pk, obj=organisation
    )
    return organisation


@transaction.atomic
def member_create(
    *, organisation: Organisation, email: str, role: Role, actor: User | None, name: str = ""
) -> tuple[User, str]:
    """Make a member; returns the user and the one-time password."""
    _refuse_unless_may_edit_members(organisation, actor)
    password = one_time_password()
    user = _user_create(
        email=email,
        password=password,
        name=name,
        organisation=organisation,
        role=role,
        must_change_password=True,
    )
    event_record(
        action=Action.CREATED,
        actor=actor,
        organisation_id=organisation.pk,
        obj=user,
        object_label=user.email,
        details={"role": role},
    )
    return user, password


@transaction.atomic
def member_change(
    *, member: User, role: Role, is_active: bool, actor: User, name: str | None = None
) -> User:
    """Change a member's role, name or access; nobody can lock themselves out. What stays the
    same is not recorded."""
    member = _locked_to_edit(member, actor)
    if member.pk == actor.pk and (role != member.role or not is_active):
        raise Refused(_("You cannot change your own role or access. Ask another manager."))
    changes: dict[str, object] = {"role": role, "is_active": is_active}
    if name is not None:
        changes["name"] = name
    details = field_changes(member, changes)
    if not details:
        return member
    for field in details:
        setattr(member, field, changes[field])
    member.save(update_fields=list(details))
    event_record(
        action=Action.CHANGED,
        actor=actor,
        organisation_id=member.organisation_id,
        obj=member,
        object_label=member.email,
        details=details,
    )
    return member


@transaction.atomic
def member_new_password(*, member: User, actor: User) -> str:
    """Replace a member's password by a one-time one, returned once; signs them out everywhere."""
    return one_time_password_set(user=_locked_to_edit(member, actor), actor=actor)


def one_time_password_set(*, user: User, actor: User | None) -> str:
    """The same for a row that the caller has locked, under a right that the caller has checked."""
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    event_record(
        action=Action.PASSWORD_CHANGED,
        actor=actor,
        organisation_id=user.organisation_id,
        obj=user,
        object_label=user.email,
        details={"one_time": True},
    )
    return password


def password_changed(*, user: User) -> None:
    """Record that the user chose a password of their own."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        user.must_change_password = False
        event_record(
            action=Action.PASSWORD_CHANGED,
            actor=user,
            organisation_id=user.organisation_id,
            obj=user,
            object_label=user.email,
        )


def _user_create(*, email: str, password: str, **fields: object) -> User:
    try:
        with refused_if_taken(_("There is a user with this address already."), field="email"):
            return User.objects.create_user(email.strip(), password, **fields)
    except ValidationError as error:
        raise Refused("; ".join(error.messages), field="email") from None


def _locked_to_edit(member: User, actor: User) -> User:
    """The member as they are now: they may have been moved, or become an administrator."""
    members = User.objects.select_for_update(no_key=True, of=("self",))
    member = members.select_related("organisation").get(pk=member.pk)
    if member.organisation is None:
        raise Refused(_("This user belongs to no organisation."))
    _refuse_unless_may_edit_members(member.organisation, actor)
    _refuse_for_administrator(member, actor)
    return member


def _refuse_unless_may_edit_members(organisation: Organisation, actor: User | None) -> None:
    if actor is None or is_administrator(actor):
        return
    if actor.organisation_id != organisation.pk or not actor.may(Right.EDIT_MEMBERS):
        raise Refused(_("Only a manager of the organisation may change its members."))


def _refuse_for_administrator(member: User, actor: User) -> None:
    # A manager who could set an administrator's password would be one.
    if member.is_staff and not is_administrator(actor):
        raise Refused(_("Only an administrator may change the account of an administrator."))
