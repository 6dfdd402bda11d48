"""What an author decides about a mailing. Nothing leaves by any of these: a worker submits."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.core.errors import Conflict, Refused
from portal.messaging.approvals.services import approval_void
from portal.messaging.mailings.checks import check_confirmable, check_mailing
from portal.messaging.mailings.content import Content
from portal.messaging.mailings.course import (
    back_to_draft,
    mailing_confirmed,
    mailing_resume,
    preparation_begin,
    record,
)
from portal.messaging.mailings.locking import locked
from portal.messaging.mailings.people import gathered_forget
from portal.messaging.mailings.series import next_time, part_from_series, put_next_time
from portal.messaging.mailings.standing import is_price_changed, why_not_by
from portal.messaging.mailings.words import failure_words
from portal.messaging.mailings.work import work_to_the_end
from portal.messaging.models import UNSEEN, Mailing, Sheet, Stage

# What its author may still take back into the form.
EDITABLE = (
    Stage.PREPARING,
    Stage.PREPARED,
    Stage.IN_APPROVAL,
    Stage.PLANNED,
    Stage.REPEATING,
    Stage.HELD,
)
# Where a confirmed one may be by itself.
_CONFIRMED = (
    Stage.IN_APPROVAL,
    Stage.PLANNED,
    Stage.REPEATING,
    Stage.SUBMITTING,
    Stage.SENT,
)
# What a person waits for.
MOST_AT_ONCE = 500


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
    ``Conflict`` where it has left meanwhile, ``Refused`` where its series says who gets it."""
    _refuse_unless_sender(actor)
    mailing = locked(mailing, actor, *EDITABLE, Stage.DRAFT)
    _refuse_unless_author(mailing, actor)
    if mailing.stage == Stage.DRAFT:
        return mailing
    was = mailing.stage
    part_from_series(mailing)
    back_to_draft(mailing)
    gathered_forget(mailing)
    approval_void(mailing=mailing, actor=actor)
    if was not in UNSEEN:
        record(mailing, Action.CHANGED, actor, stage=was)
    return mailing


@transaction.atomic
def mailing_cancel(*, mailing: Mailing, actor: User) -> Mailing | None:
    """Nothing of it will leave; None where it was a draft, which is deleted unless others have
    decided about it before. Raises ``Conflict`` where it has left: its messages are cancelled one
    by one."""
    mailing = locked(mailing, actor, *EDITABLE, Stage.DRAFT, Stage.SUBMITTING)
    refuse_unless_may_decide(mailing, actor)
    if mailing.stage == Stage.DRAFT and not _has_a_past(mailing):
        mailing.delete()
        return None
    was = mailing.stage
    mailing.stage, mailing.changed_at = Stage.CANCELLED, timezone.now()
    mailing.save()
    gathered_forget(mailing)
    approval_void(mailing=mailing, actor=actor)
    record(mailing, Action.CANCELLED, actor, stage=was)
    return mailing


def mailing_prepare(*, mailing: Mailing, actor: User) -> Mailing:
    """Have its people and their texts laid out for good, so that the author sees what will leave: a
    few at once, more by a worker. Once more while that goes on, nothing changes.

    Raises ``Refused`` with the field of the form at fault: ``sender``, ``text``, ``numbers``,
    ``sheet``, ``due_at``, ``expires_at``, ``repeats`` or none.
    """
    if _preparation_begin(mailing, actor):
        work_to_the_end(mailing.pk)
    mailing.refresh_from_db()
    return mailing


@transaction.atomic
def _preparation_begin(mailing: Mailing, actor: User) -> bool:
    """Whether it is little enough to be done while the author waits."""
    _refuse_unless_sender(actor)
    mailing = locked(mailing, actor, Stage.DRAFT, Stage.PREPARING, Stage.PREPARED)
    _refuse_unless_author(mailing, actor)
    if mailing.stage == Stage.PREPARING:
        return False
    people = check_mailing(mailing, now=timezone.now())
    # One that an approver returned was confirmed once, but not as it will be now.
    mailing.confirmed_at = mailing.vouched_by = None
    preparation_begin(mailing)
    return people <= MOST_AT_ONCE


def mailing_confirm(*, mailing: Mailing, actor: User, snapshot_hash: str) -> Mailing:
    """Let it go, at once or at its time, after another person's word where rules want one.
    ``snapshot_hash``: of what the author saw. A second time changes nothing.

    Raises ``Conflict`` where it is another snapshot by now: edited meanwhile, or prepared anew
    since the price has changed. Raises ``Refused`` (field ``sender``, ``when_missing``, ``due_at``,
    ``expires_at`` or none) where it could not be sent, ``NotEnoughMoney`` where it would leave now.
    """
    confirmed = _confirm(mailing, actor, snapshot_hash)
    if confirmed is None:
        mailing_prepare(mailing=mailing, actor=actor)
        raise Conflict(_("The price of a segment has changed. Look at what it costs now."))
    return confirmed


@transaction.atomic
def _confirm(mailing: Mailing, actor: User, snapshot_hash: str) -> Mailing | None:
    """None where it has to be prepared anew."""
    _refuse_unless_sender(actor)
    mailing = locked(mailing, actor, Stage.PREPARED, *_CONFIRMED)
    _refuse_unless_author(mailing, actor)
    if not snapshot_hash or snapshot_hash != mailing.snapshot_hash:
        raise Conflict(_("It has changed since you opened the page. Look at it again."))
    if mailing.stage != Stage.PREPARED:
        return mailing
    if is_price_changed(mailing):
        return None
    now = timezone.now()
    check_confirmable(mailing, actor, now=now)
    mailing.confirmed_at, mailing.vouched_by = now, None
    if mailing.repeats:
        put_next_time(mailing, next_time(mailing, after=now))
    mailing.save()
    mailing_confirmed(mailing, actor=actor, now=now)
    return mailing


@transaction.atomic
def mailing_release(*, mailing: Mailing, actor: User) -> Mailing:
    """Let what was held go on, now or at its time. Who releases another's mailing answers for it.
    Raises ``Refused`` where the actor could not send it either, or it may not leave any more."""
    mailing = locked(mailing, actor, Stage.HELD)
    refuse_unless_may_decide(mailing, actor)
    now = timezone.now()
    if failure := why_not_by(mailing, actor):
        raise Refused(failure_words(failure))
    if mailing.expires_at and mailing.expires_at <= now and not mailing.repeats:
        raise Refused(_("It may not leave any more: the time of “not after” has passed."))
    mailing.vouched_by = None if actor.pk == mailing.author_id else actor
    mailing_resume(mailing, now=now)
    record(mailing, Action.RELEASED, actor, recipients=mailing.reached)
    return mailing


def may_decide(mailing: Mailing, member: User) -> bool:
    """Whether the member may cancel or release it: its author, and who decides for others."""
    is_author = mailing.author_id == member.pk and member.may(Right.SEND)
    return is_author or member.may(Right.DECIDE_FOR_OTHERS)


def refuse_unless_may_decide(mailing: Mailing, actor: User) -> None:
    if not may_decide(mailing, actor):
        raise Refused(_("Only its author or a manager may decide about this mailing."))


def _has_a_past(mailing: Mailing) -> bool:
    return mailing.approval_requests.exists() or mailing.occurrences.exists()


def _refuse_unless_author(mailing: Mailing, actor: User) -> None:
    if mailing.author_id != actor.pk:
        raise Refused(_("Only its author may change this mailing."))


def _refuse_unless_sender(actor: User) -> None:
    if not actor.may(Right.SEND):
        raise Refused(_("You may not send messages."))
