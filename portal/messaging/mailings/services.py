"""What an author decides about a mailing. Nothing leaves by any of these: a worker submits."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Refused
from portal.messaging.approvals.services import approval_void
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.locking import locked
from portal.messaging.models import UNSEEN, Mailing, Sheet, Stage

# What its author may still take back into the form.
_EDITABLE = (
    Stage.PREPARING,
    Stage.PREPARED,
    Stage.IN_APPROVAL,
    Stage.PLANNED,
    Stage.REPEATING,
    Stage.HELD,
)


@transaction.atomic
def mailing_save_draft(
    *, author: User, content: Content, form_key: str, mailing: Mailing | None = None
) -> Mailing:
    """Keep what was typed so far, without a word in the audit trail. ``form_key`` names the form:
    the same form again is the same draft. Raises ``Conflict`` where it is a draft no more.

    A spreadsheet that the author does not see is as good as none.
    """
    _refuse_unless_sender(author)
    if mailing is None:
        same = {"organisation_id": author.organisation_id, "form_key": form_key}
        mailing, _is_new = Mailing.objects.get_or_create(**same, defaults={"author": author})
    mailing = locked(mailing, author, Stage.DRAFT)
    _refuse_unless_author(mailing, author)
    content.put_on(mailing)
    if mailing.sheet_id and not Sheet.objects.visible_to(author).filter(pk=mailing.sheet_id):
        mailing.sheet_id = None
    mailing.changed_at = timezone.now()
    mailing.save()
    return mailing


@transaction.atomic
def mailing_edit(*, mailing: Mailing, actor: User) -> Mailing:
    """Take it back into the form; what was prepared, confirmed or approved counts no more. Raises
    ``Conflict`` where it has left meanwhile."""
    _refuse_unless_sender(actor)
    mailing = locked(mailing, actor, *_EDITABLE, Stage.DRAFT)
    _refuse_unless_author(mailing, actor)
    if mailing.stage == Stage.DRAFT:
        return mailing
    was = mailing.stage
    back_to_draft(mailing)
    approval_void(mailing=mailing, actor=actor)
    if was not in UNSEEN:
        record(mailing, Action.CHANGED, actor, stage=was)
    return mailing


@transaction.atomic
def mailing_cancel(*, mailing: Mailing, actor: User) -> Mailing | None:
    """Nothing of it will leave; None where it was a draft, which is deleted unless others have
    decided about it before. Raises ``Conflict``
    where it has left, whole or in part: its messages are cancelled one by one."""
    mailing = locked(mailing, actor, *_EDITABLE, Stage.DRAFT)
    refuse_unless_may_decide(mailing, actor)
    if mailing.stage == Stage.DRAFT and not _has_a_past(mailing):
        mailing.delete()
        return None
    was = mailing.stage
    mailing.stage, mailing.changed_at = Stage.CANCELLED, timezone.now()
    mailing.save()
    approval_void(mailing=mailing, actor=actor)
    record(mailing, Action.CANCELLED, actor, stage=was)
    return mailing


def back_to_draft(mailing: Mailing, failure: str = "") -> None:
    """The caller's transaction holds the row; ``failure``: why it was not prepared."""
    mailing.stage, mailing.failure = Stage.DRAFT, failure
    mailing.confirmed_at = mailing.vouched_by = None
    mailing.snapshot_hash = ""
    mailing.changed_at = timezone.now()
    mailing.save()


def record(mailing: Mailing, action: Action, actor: User | None, **details: object) -> None:
    """An event about the mailing, last in the transaction."""
    event_record(
        action=action,
        actor=actor,
        organisation_id=mailing.organisation_id,
        obj=mailing,
        details=details,
    )


def refuse_unless_may_decide(mailing: Mailing, actor: User) -> None:
    """Its author may, and who decides for others."""
    if mailing.author_id == actor.pk and actor.may(Right.SEND):
        return
    if not actor.may(Right.DECIDE_FOR_OTHERS):
        raise Refused(_("Only its author or a manager may decide about this mailing."))


def _has_a_past(mailing: Mailing) -> bool:
    return mailing.approval_requests.exists() or mailing.occurrences.exists()


def _refuse_unless_author(mailing: Mailing, actor: User) -> None:
    if mailing.author_id != actor.pk:
        raise Refused(_("Only its author may change this mailing."))


def _refuse_unless_sender(actor: User) -> None:
    if not actor.may(Right.SEND):
        raise Refused(_("You may not send messages."))
