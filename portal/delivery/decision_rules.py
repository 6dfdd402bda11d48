"""Who may decide about a message, and what a decision locks and records."""

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Refused
from portal.delivery.models import Message, OutboxEntry
from portal.delivery.permits import reason_to_hold


def is_manager_of(message: Message, actor: User) -> bool:
    return actor.organisation_id == message.organisation_id and actor.may(Right.DECIDE_FOR_OTHERS)


def refuse_unless_may_decide(message: Message, actor: User) -> None:
    """Raises ``Refused`` to anybody but its author, who may still send, and a manager."""
    if not (_is_author(message, actor) or is_manager_of(message, actor)):
        raise Refused(_("Only the author or a manager may decide this."))


def refuse_if_held_for(message: Message, person: User) -> None:
    """Raises ``Refused`` where a message that the person answers for would be held."""
    if reason := reason_to_hold(message, person):
        raise Refused(_("It cannot be sent: %(reason)s.") % {"reason": reason.label})


def lock_entry(message: Message) -> OutboxEntry | None:
    """The message's place in the outbox, which only the caller's transaction changes now."""
    entries = OutboxEntry.objects.select_for_update(of=("self",), no_key=True)
    return entries.filter(message=message).first()


def decision_record(action: Action, message: Message, actor: User, **details: object) -> None:
    event_record(
        action=action,
        actor=actor,
        organisation_id=message.organisation_id,
        obj=message,
        details=details,
    )


def _is_author(message: Message, actor: User) -> bool:
    is_at_home = actor.organisation_id == message.organisation_id
    return is_at_home and message.author_id == actor.pk and actor.may(Right.SEND)
