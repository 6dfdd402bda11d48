"""What a mailing is refused for while its author is there to mend it."""

from datetime import datetime

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.billing.services import refuse_unless_covered
from portal.core.errors import Refused
from portal.messaging.audience import check_audience
from portal.messaging.gathering import audience_glanced
from portal.messaging.mailings.course import is_too_late_for_some, lacks_a_decision
from portal.messaging.mailings.series import next_time
from portal.messaging.mailings.standing import why_not_by
from portal.messaging.mailings.values import check_mailing_text
from portal.messaging.mailings.words import Failure, failure_words
from portal.messaging.models import Mailing
from portal.messaging.picked import Picked
from portal.messaging.plans.birthdays import check_birthday_people
from portal.messaging.services import gateway_of, sender_name_for


def check_mailing(mailing: Mailing, *, now: datetime) -> int:
    """About how many people it is for. Raises ``Refused`` with the form's field (``sender``,
    ``text``, ``numbers``, ``sheet``, ``due_at``, ``expires_at``, ``repeats`` or none)."""
    gateway_of(mailing.author)
    sender_name_for(mailing.author, mailing.sender_value)
    check_mailing_text(mailing)
    _check_times(mailing, now=now)
    check_birthday_people(mailing)
    if mailing.sheet:
        if mailing.sheet.phone_column is None:
            raise Refused(_("Say which column holds the numbers."), field="sheet")
        return mailing.sheet.row_count
    audience = audience_glanced(mailing.author, Picked.from_dict(mailing.picked))
    if audience.reach.is_exact or audience.reach.refused:
        check_audience(audience)
    return len(audience)


def check_confirmable(mailing: Mailing, actor: User, *, now: datetime) -> None:
    """Raises ``Refused`` (``sender``, ``when_missing``, ``due_at``, ``expires_at``, ``repeats`` or
    none), ``NotEnoughMoney`` where it would leave now."""
    if failure := why_not_by(mailing, actor):
        field = "sender" if failure is Failure.SENDER_NOT_APPROVED else ""
        raise Refused(failure_words(failure), field=field)
    _check_times(mailing, now=now)
    if lacks_a_decision(mailing):
        raise Refused(failure_words(Failure.LACKS_VALUES), field="when_missing")
    if is_too_late_for_some(mailing, now=now):
        raise Refused(failure_words(Failure.TOO_LATE_FOR_SOME), field="expires_at")
    if not mailing.due_at and not mailing.repeats:
        refuse_unless_covered(mailing.organisation, mailing.cost)


def _check_times(mailing: Mailing, *, now: datetime) -> None:
    if mailing.repeats:
        if next_time(mailing, after=now) is None:
            raise Refused(_("None of its times is still to come."), field="repeats")
        return
    for field in ("due_at", "expires_at"):
        moment: datetime | None = getattr(mailing, field)
        if moment and moment < now:
            raise Refused(_("This time has passed. Choose a later one."), field=field)
