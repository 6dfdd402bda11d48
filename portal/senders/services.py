"""Writes to sender names."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.administrators import is_administrator, refuse_unless_administrator
from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Conflict, Refused
from portal.core.explain import explain
from portal.core.uniqueness import refused_if_taken
from portal.senders.models import SenderName, SenderState
from sms.sender import SenderRefused, check_sender

_DECISIONS = {
    SenderState.APPROVED: (
        Action.APPROVED,
        {SenderState.REQUESTED, SenderState.REJECTED, SenderState.REVOKED},
    ),
    SenderState.REJECTED: (Action.REJECTED, {SenderState.REQUESTED}),
    SenderState.REVOKED: (Action.REVOKED, {SenderState.APPROVED}),
}


@transaction.atomic
def sender_name_request(*, organisation: Organisation, value: str, actor: User) -> SenderName:
    """Ask for a sender name. Raises ``Refused`` by the form rule or where it, or a twin of it
    in other capitals, is known already. A rejected or revoked name may be asked for again."""
    _refuse_unless_may_ask(organisation, actor)
    try:
        check_sender(value)
    except SenderRefused as refusal:
        raise Refused(explain(refusal), field="value") from None
    known = (
        SenderName.objects.select_for_update()
        .filter(organisation=organisation, value__iexact=value)
        .first()
    )
    sender_name = _ask_again(known, value) if known else SenderName(value=value)
    sender_name.organisation = organisation
    sender_name.requested_by = actor
    with refused_if_taken(_("The organisation has this sender name already."), field="value"):
        sender_name.save()
    event_record(
        action=Action.REQUESTED, actor=actor, organisation_id=organisation.pk, obj=sender_name
    )
    return sender_name


@transaction.atomic
def sender_name_decide(
    *, sender_name: SenderName, state: SenderState, actor: User, reason: str = ""
) -> SenderName:
    """An administrator's decision. Raises ``Refused`` where it does not follow from the state."""
    refuse_unless_administrator(actor)
    action, allowed_from = _DECISIONS[state]
    sender_name = SenderName.objects.select_for_update().get(pk=sender_name.pk)
    if sender_name.state not in allowed_from:
        raise Conflict(
            _("The sender name is %(state)s already.") % {"state": sender_name.get_state_display()}
        )
    if state != SenderState.APPROVED and not reason.strip():
        raise Refused(_("Give a reason; the organisation sees it."), field="reason")
    sender_name.state = state
    sender_name.reason = reason.strip()
    sender_name.decided_by = actor
    sender_name.decided_at = timezone.now()
    sender_name.save()
    event_record(
        action=action,
        actor=actor,
        organisation_id=sender_name.organisation_id,
        obj=sender_name,
        details={"reason": sender_name.reason},
    )
    return sender_name


@transaction.atomic
def sender_name_limit(
    *, sender_name: SenderName, members: Collection[User], actor: User
) -> SenderName:
    """Keep the name for these members; for nobody: all who may send use it. What is queued by
    others is held. Raises ``Refused`` where one of them is no member of the organisation."""
    refuse_unless_administrator(actor)
    sender_name = SenderName.objects.select_for_update(no_key=True).get(pk=sender_name.pk)
    if any(member.organisation_id != sender_name.organisation_id for member in members):
        raise Refused(_("Choose members of the organisation alone."), field="members")
    before = _ids(sender_name.limited_to.all())
    after = _ids(members)
    if before != after:
        sender_name.limited_to.set(members)
        event_record(
            action=Action.CHANGED,
            actor=actor,
            organisation_id=sender_name.organisation_id,
            obj=sender_name,
            details={"limited_to": {"from": before, "to": after}},
        )
    return sender_name


def _ids(members: Iterable[User]) -> list[int]:
    return sorted(member.pk for member in members)


def _ask_again(known: SenderName, value: str) -> SenderName:
    if known.state in {SenderState.REQUESTED, SenderState.APPROVED}:
        raise Refused(
            _("The organisation has the sender name %(value)s already.") % {"value": known.value},
            field="value",
        )
    known.value = value
    known.state = SenderState.REQUESTED
    known.reason = ""
    known.decided_by = known.decided_at = None
    return known


def _refuse_unless_may_ask(organisation: Organisation, actor: User) -> None:
    if is_administrator(actor):
        return
    if actor.organisation_id != organisation.pk or not actor.may(Right.ASK_SENDER_NAME):
        raise Refused(_("Only a manager of the organisation may ask for a sender name."))
