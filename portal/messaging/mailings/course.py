"""From stage to stage: where a mailing goes by itself. The caller's transaction holds its row."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.messaging.approvals.doors import reasons_for
from portal.messaging.approvals.reasons import Reason
from portal.messaging.approvals.selectors import is_approved
from portal.messaging.approvals.services import approval_request, approval_void
from portal.messaging.mailings.doorbell import ring
from portal.messaging.mailings.onward import go_on
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.mailings.series import next_time, put_next_time
from portal.messaging.mailings.standing import is_price_changed
from portal.messaging.mailings.waves import waves_of
from portal.messaging.mailings.words import Failure
from portal.messaging.models import Mailing, Stage
from portal.messaging.picked import Picked

# What may be mended outside of it.
_NEEDS_PREPARING = frozenset({Failure.NOBODY, Failure.LACKS_VALUES, Failure.TEXT_REFUSED})


def mailing_prepared(mailing: Mailing, *, now: datetime) -> None:
    """Its snapshot is taken: it waits for its author, or goes on where they agreed before."""
    if failure := _unfit(mailing, now=now):
        mailing_fail(mailing, failure)
        return
    mailing.stage, mailing.failure, mailing.changed_at = Stage.PREPARED, "", now
    mailing.save()
    if not mailing.confirmed_at:
        return
    if lacks_a_decision(mailing):
        mailing_fail(mailing, Failure.LACKS_VALUES)
    else:
        mailing_confirmed(mailing, actor=None, now=now)


def mailing_confirmed(mailing: Mailing, *, actor: User | None, now: datetime) -> None:
    """It goes on, or waits for another person's word where rules want one of this snapshot.
    ``actor`` None: it became due. Records who confirmed it."""
    reasons = () if is_approved(mailing) else _reasons(mailing, now=now)
    if reasons:
        mailing.stage, mailing.changed_at = Stage.IN_APPROVAL, now
        mailing.save(update_fields=["stage", "changed_at"])
        approval_request(mailing=mailing, reasons=reasons, actor=actor)
        return
    go_on(mailing, now=now)
    if actor:
        is_planned = mailing.stage in (Stage.PLANNED, Stage.REPEATING)
        record(
            mailing,
            Action.PLANNED if is_planned else Action.SUBMITTED,
            actor,
            recipients=mailing.reached,
            segments=mailing.segments_in_all,
            cost=str(mailing.cost),
        )


def _reasons(mailing: Mailing, *, now: datetime) -> Sequence[Reason]:
    leaves_at = [wave.leaves_at for wave in waves_of(mailing, now=now)]
    return reasons_for(mailing, leaves_at=leaves_at)


def lacks_a_decision(mailing: Mailing) -> bool:
    """Whether some lack a value, and nobody said that they may be left out."""
    lacking = PreparedReach.from_dict(mailing.reach).lacking
    return bool(lacking) and not mailing.when_missing.get("skip")


def mailing_fail(mailing: Mailing, failure: Failure) -> None:
    """It cannot go on: held where it was confirmed, else its author's draft again. That nobody has
    their day is no trouble of a mailing that repeats."""
    if mailing.confirmed_at is None:
        back_to_draft(mailing, failure)
    elif failure is Failure.NOBODY and mailing.series_id:
        mailing_end(mailing, Stage.CANCELLED, failure)
    else:
        mailing_end(mailing, Stage.HELD, failure)


def mailing_end(mailing: Mailing, stage: Stage, failure: str = "") -> None:
    """Put it into a stage that people are told of: held, expired, or cancelled by itself."""
    mailing.stage, mailing.failure = stage, failure
    mailing.changed_at, mailing.author_told_at, mailing.takeovers = timezone.now(), None, 0
    mailing.save()
    approval_void(mailing=mailing, actor=None)
    record(mailing, Action.CHANGED, None, stage=stage.value, because=failure)


def preparation_begin(mailing: Mailing) -> None:
    """A worker will lay out its people and texts, whatever was laid out before."""
    mailing.stage, mailing.failure, mailing.changed_at = Stage.PREPARING, "", timezone.now()
    mailing.position, mailing.total, mailing.takeovers, mailing.reach = 0, 0, 0, {}
    mailing.save()
    transaction.on_commit(lambda: ring(mailing.pk))


def mailing_come_due(mailing: Mailing, *, now: datetime) -> None:
    """Its time has come: it leaves as the snapshot that another person approved, or that cannot
    have changed; else it is prepared anew, as of now, first. Either way the rules are asked, which
    may be others since it was confirmed."""
    if is_stale(mailing):
        preparation_begin(mailing)
    else:
        mailing_confirmed(mailing, actor=None, now=now)


def mailing_resume(mailing: Mailing, *, now: datetime) -> None:
    """Somebody let it go on: at its time, or now where that has passed."""
    if mailing.repeats:
        put_next_time(mailing, next_time(mailing, after=now))
    elif mailing.due_at:
        mailing.due_at = max(mailing.due_at, now)
    mailing.save()
    if mailing.repeats or (mailing.due_at and mailing.due_at > now):
        go_on(mailing, now=now)
    else:
        mailing_come_due(mailing, now=now)


def is_stale(mailing: Mailing) -> bool:
    """Whether what was prepared may be another by now: the members of its groups, or the price."""
    if (
        not mailing.snapshot_hash
        or mailing.failure in _NEEDS_PREPARING
        or is_price_changed(mailing)
    ):
        return True
    return bool(Picked.from_dict(mailing.picked).group_ids) and not is_approved(mailing)


def back_to_draft(mailing: Mailing, failure: str = "") -> None:
    """``failure``: why it could not be prepared."""
    mailing.stage, mailing.failure, mailing.changed_at = Stage.DRAFT, failure, timezone.now()
    mailing.confirmed_at = mailing.vouched_by = None
    mailing.snapshot_hash = ""
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


def _unfit(mailing: Mailing, *, now: datetime) -> Failure | None:
    if not mailing.reached:
        return Failure.NOBODY
    return Failure.TOO_LATE_FOR_SOME if is_too_late_for_some(mailing, now=now) else None


def is_too_late_for_some(mailing: Mailing, *, now: datetime) -> bool:
    """Whether the hours of sending begin for some when nothing may leave any more."""
    if not mailing.expires_at or mailing.repeats:
        return False
    return any(wave.leaves_at >= mailing.expires_at for wave in waves_of(mailing, now=now))
