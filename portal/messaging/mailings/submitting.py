"""The worker's part when a mailing leaves: all its waves enter the outbox in one transaction."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from portal.billing.services import NotEnoughMoney
from portal.contacts.stop_list.reads import STOPS_IN_ALL
from portal.core.deadlocks import retried_after_deadlock
from portal.core.lease import held
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.outbox import Draft, Recipients, message_enqueue
from portal.delivery.personal import PersonalRecipient, PersonalRecipients
from portal.messaging.mailings.course import (
    is_too_late_for_some,
    mailing_end,
    preparation_begin,
)
from portal.messaging.mailings.snapshot import sums_take
from portal.messaging.mailings.standing import (
    answerable,
    is_price_changed,
    is_too_late,
    why_not,
)
from portal.messaging.mailings.texts import plain_text
from portal.messaging.mailings.waves import PlannedWave, WavePeople, skipped_of, waves_of
from portal.messaging.mailings.words import Failure
from portal.messaging.models import Mailing, Stage, Wave
from portal.senders.models import SenderName

_STOP_AGAIN = f"""
    UPDATE messaging_preparedrecipient p
       SET left_out = CASE WHEN stops.is_platform_wide THEN 'stopped_platform' ELSE 'stopped' END,
           note = stops.reason
      FROM ({STOPS_IN_ALL}) AS stops
     WHERE p.mailing_id = %(mailing)s AND p.left_out = '' AND p.phone = stops.phone
"""  # noqa: S608 - no value is formatted in


def submit(mailing_id: int, token: uuid.UUID) -> None:
    """Put all of it into the outbox, or hold it and say why. Raises LeaseLost.

    Whoever dies here leaves nothing: the waves and the stage are one commit.
    """
    try:
        _submit(mailing_id, token)
    except NotEnoughMoney:
        _hold(mailing_id, token, Failure.NOT_ENOUGH_MONEY)


@retried_after_deadlock
@transaction.atomic
def _submit(pk: int, token: uuid.UUID) -> None:
    mailing = _held(pk, token)
    if mailing.stage != Stage.SUBMITTING:
        return
    now = timezone.now()
    if is_too_late(mailing, now=now):
        mailing_end(mailing, Stage.EXPIRED)
        return
    if failure := why_not(mailing):
        mailing_end(mailing, Stage.HELD, failure)
        return
    if is_price_changed(mailing):
        preparation_begin(mailing)
        return
    _stop_again(mailing)
    waves = waves_of(mailing, now=now)
    if failure := _unfit(mailing, waves, now=now):
        mailing_end(mailing, Stage.HELD, failure)
        return
    mailing.stage, mailing.failure, mailing.changed_at = Stage.SENT, "", now
    mailing.save()
    _enqueue(mailing, waves)


@retried_after_deadlock
@transaction.atomic
def _hold(pk: int, token: uuid.UUID, failure: Failure) -> None:
    mailing = _held(pk, token)
    if mailing.stage == Stage.SUBMITTING:
        mailing_end(mailing, Stage.HELD, failure)


def _held(pk: int, token: uuid.UUID) -> Mailing:
    return held(Mailing.objects.select_related("organisation", "author"), pk, token)


def _stop_again(mailing: Mailing) -> None:
    """Whoever was stopped since the preparation is left out, and costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STOP_AGAIN, {"mailing": mailing.pk, "organisation": mailing.organisation_id}
        )
        is_anybody_stopped = cursor.rowcount > 0
    if is_anybody_stopped:
        sums_take(mailing)


def _unfit(mailing: Mailing, waves: Sequence[PlannedWave], *, now: datetime) -> Failure | None:
    if not waves:
        return Failure.NOBODY
    return Failure.TOO_LATE_FOR_SOME if is_too_late_for_some(mailing, now=now) else None


def _enqueue(mailing: Mailing, waves: Sequence[PlannedWave]) -> None:
    """The canary first, for the others wait for it; then the largest: each wave's audit event
    keeps the chain's lock until the end, while the next ones are written."""
    numbered = list(enumerate(waves, start=1))
    numbered.sort(key=lambda each: (not each[1].is_canary, -each[1].count))
    canary: Message | None = None
    largest = max(waves, key=lambda wave: wave.count)
    for number, wave in numbered:
        message = _wave_enqueue(mailing, number, wave, canary, with_skips=wave is largest)
        canary = message if wave.is_canary else canary


def _wave_enqueue(
    mailing: Mailing,
    number: int,
    wave: PlannedWave,
    canary: Message | None,
    *,
    with_skips: bool,
) -> Message:
    person = answerable(mailing)
    names = SenderName.objects.usable_by(person)
    draft = Draft(
        author=mailing.author,
        sender_name=names.get(value=mailing.sender_value),
        text=mailing.text if mailing.is_personalised else plain_text(mailing),
        recipients=_recipients(mailing, wave, with_skips=with_skips),
        form_key=f"mailing-{mailing.pk}-{number}",
        content_hash=hashlib.sha256(f"{mailing.snapshot_hash}/{number}".encode()).hexdigest(),
        due_at=wave.leaves_at,
        expires_at=mailing.expires_at,
        waits_for_canary=canary,
    )
    account = GatewayAccount.objects.select_related("organisation").get(
        organisation=mailing.organisation_id
    )
    message = message_enqueue(draft=draft, account=account, actor=person)
    if mailing.vouched_by_id:
        Message.objects.filter(pk=message.pk).update(vouched_by=mailing.vouched_by_id)
    Wave.objects.create(mailing=mailing, number=number, message=message, is_canary=wave.is_canary)
    return message


def _recipients(
    mailing: Mailing, wave: PlannedWave, *, with_skips: bool
) -> Recipients | PersonalRecipients:
    skips = mailing if with_skips else None
    if not mailing.is_personalised:
        return WavePeople(wave, skips)
    return PersonalRecipients(
        people=(PersonalRecipient(*row) for row in wave.rows("phone", "name", "text", "segments")),
        count=wave.count,
        segments_in_all=wave.segments_in_all,
        most_segments=wave.most_segments,
        skips=skipped_of(skips) if skips else (),
    )
