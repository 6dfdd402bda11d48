"""Asking for another person's word about a mailing, and giving it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.audit.changes import field_changes
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Conflict, Refused
from portal.messaging.approvals.reasons import Reason
from portal.messaging.approvals.selectors import may_approve, open_request
from portal.messaging.mailings.locking import locked
from portal.messaging.mailings.onward import go_on
from portal.messaging.mailings.standing import is_price_changed, is_too_late
from portal.messaging.models import ApprovalRequest, ApprovalRules, Decision, Mailing, Stage

LONGEST_WORD = 500


def approval_request(
    *, mailing: Mailing, reasons: Collection[Reason], actor: User | None
) -> ApprovalRequest:
    """Ask about the snapshot that the mailing was prepared into. For who holds the mailing's row
    locked and has put it into ``in_approval``; ``actor`` None: it became due. Records the event."""
    asked = ApprovalRequest.objects.create(
        mailing=mailing,
        snapshot_hash=mailing.snapshot_hash,
        reasons=[reason.as_dict() for reason in reasons],
        asked_by=actor or mailing.author,
    )
    event_record(
        action=Action.REQUESTED,
        actor=actor,
        organisation_id=mailing.organisation_id,
        obj=mailing,
        details={
            "rules": [str(reason.rule) for reason in reasons],
            "recipients": mailing.reached,
            "cost": str(mailing.cost),
        },
    )
    return asked


def approval_void(*, mailing: Mailing, actor: User | None) -> None:
    """Nothing is asked about the mailing any more, for it was changed, cancelled or came too late
    (``actor`` None). For who holds its row locked; records nothing."""
    ApprovalRequest.objects.filter(mailing=mailing, decision="").update(
        decision=Decision.VOID, decided_by=actor or mailing.author, decided_at=timezone.now()
    )


@transaction.atomic
def approval_grant(*, mailing: Mailing, snapshot_hash: str, actor: User) -> ApprovalRequest:
    """Let it go on as it was prepared: at once, or at its time.

    ``snapshot_hash``: of what the actor saw. Raises ``Refused`` where the actor may not approve it
    or does not see it any more, ``Conflict`` where it is another by now or waits no more.
    """
    mailing, asked = _asked(mailing, snapshot_hash, actor)
    now = timezone.now()
    _refuse_unless_as_asked(mailing, now=now)
    _decide(asked, Decision.APPROVED, actor)
    go_on(mailing, now=now)
    _record(Action.APPROVED, mailing, actor)
    return asked


@transaction.atomic
def approval_return(
    *, mailing: Mailing, snapshot_hash: str, word: str, actor: User
) -> ApprovalRequest:
    """Give it back to its author, who reads the word, and may edit it or ask again. Raises
    ``Refused`` (field ``word``) without a word, else as ``approval_grant``.
    """
    word = _checked(word)
    mailing, asked = _asked(mailing, snapshot_hash, actor)
    _decide(asked, Decision.RETURNED, actor, word)
    mailing.stage, mailing.confirmed_at = Stage.PREPARED, None
    mailing.changed_at = timezone.now()
    mailing.save(update_fields=["stage", "confirmed_at", "changed_at"])
    _record(Action.RETURNED, mailing, actor)
    return asked


def _checked(word: str) -> str:
    word = word.strip()
    if not word:
        raise Refused(_("Write what should be changed; the author reads it."), field="word")
    if len(word) > LONGEST_WORD:
        too_long = _("At most %(most)s characters fit here.") % {"most": LONGEST_WORD}
        raise Refused(too_long, field="word")
    return word


def _asked(mailing: Mailing, snapshot_hash: str, actor: User) -> tuple[Mailing, ApprovalRequest]:
    """The mailing, locked, with what is asked about the snapshot that the actor saw."""
    mailing = locked(mailing, actor, Stage.IN_APPROVAL)
    if not may_approve(actor, mailing):
        raise Refused(_("Nobody approves their own mailing. Another manager has to."))
    asked = open_request(mailing)
    if asked is None or {snapshot_hash, asked.snapshot_hash} != {mailing.snapshot_hash}:
        raise Conflict(_("The mailing was changed since you opened it. Look at it again."))
    return mailing, asked


def _refuse_unless_as_asked(mailing: Mailing, *, now: datetime) -> None:
    """What time alone has changed since it was asked about."""
    if is_price_changed(mailing):
        raise Conflict(
            _("The price of a segment has changed since. Return it: its author will ask again.")
        )
    if not mailing.repeats and is_too_late(mailing, now=now):
        raise Conflict(_("It is too late for it to leave. Return it: its author may plan it anew."))


def _decide(asked: ApprovalRequest, decision: Decision, actor: User, word: str = "") -> None:
    asked.decision, asked.word = decision, word
    asked.decided_by, asked.decided_at = actor, timezone.now()
    asked.save(update_fields=["decision", "word", "decided_by", "decided_at"])


def _record(action: Action, mailing: Mailing, actor: User) -> None:
    event_record(action=action, actor=actor, organisation_id=mailing.organisation_id, obj=mailing)


@transaction.atomic
def approval_rules_set(
    *, organisation: Organisation, rules: Mapping[str, object], actor: User
) -> ApprovalRules:
    """``rules``: values of fields of ``ApprovalRules``. What waits for approval waits on."""
    if actor.organisation_id != organisation.pk or not actor.may(Right.EDIT_APPROVAL_RULES):
        raise Refused(_("Only a manager of the organisation may change the rules."))
    ApprovalRules.objects.get_or_create(organisation=organisation)
    kept = ApprovalRules.objects.select_for_update().get(organisation=organisation)
    changes = field_changes(kept, rules)
    if not changes:
        return kept
    for name, value in rules.items():
        setattr(kept, name, value)
    kept.save()
    event_record(
        action=Action.CHANGED,
        actor=actor,
        organisation_id=organisation.pk,
        obj=kept,
        object_label=str(kept._meta.verbose_name),
        details=changes,
    )
    return kept
