"""Sign-ins, sign-outs and asked-for passwords, as the audit trail keeps them."""

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record

LONGEST_LABEL = 320


def signed_in(*, user: User) -> None:
    _record(Action.SIGNED_IN, user)


def signed_out(*, user: User) -> None:
    _record(Action.SIGNED_OUT, user)


def sign_in_failed(*, email: str) -> None:
    """``email`` as it was typed; the event joins the chain of its user's organisation, or the
    platform's where there is no such user."""
    user = User.objects.filter(email=email.lower()).first()
    event_record(
        action=Action.SIGN_IN_FAILED,
        actor=None,
        actor_label=email[:LONGEST_LABEL] or "?",
        organisation_id=user.organisation_id if user else None,
        obj=user,
        object_label=user.email if user else "",
    )


def password_reset_asked(*, user: User) -> None:
    """Whoever knows the address may have asked, so the event has no actor."""
    event_record(
        action=Action.PASSWORD_RESET_ASKED,
        actor=None,
        actor_label="?",
        organisation_id=user.organisation_id,
        obj=user,
        object_label=user.email,
    )


def _record(action: Action, user: User) -> None:
    event_record(
        action=action,
        actor=user,
        organisation_id=user.organisation_id,
        obj=user,
        object_label=user.email,
    )
