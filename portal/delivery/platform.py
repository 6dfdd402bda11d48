"""The stop of all sending, for every organisation at once."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.administrators import refuse_unless_administrator
from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.core.errors import Conflict, Refused
from portal.delivery.doorbell import ring
from portal.delivery.models import PlatformStop
from portal.delivery.recall import claims_recall
from portal.delivery.scheduling import accounts_due

MOST_REASON_CHARACTERS = 300


def stop_now() -> PlatformStop | None:
    """The stop that holds, with who made it; None while sending goes on."""
    return PlatformStop.objects.select_related("stopped_by").first()


def platform_stop(*, because: str, actor: User | None) -> PlatformStop:
    """Hand nothing more over for anybody, at once, until it is resumed; what is queued waits.

    Another reason replaces that of a stop that holds already. Raises ``Refused`` without a reason
    and to who is no administrator, ``Conflict`` where it is stopped for this reason already.
    """
    refuse_unless_administrator(actor)
    reason = because.strip()[:MOST_REASON_CHARACTERS]
    if not reason:
        raise Refused(_("Give a reason; every organisation sees it."), field="reason")
    stop = _stop(reason, actor)
    claims_recall()
    return stop


@transaction.atomic
def _stop(reason: str, actor: User | None) -> PlatformStop:
    stop, is_new = PlatformStop.objects.select_for_update(of=("self",)).get_or_create(
        defaults={"stopped_at": timezone.now(), "because": reason, "stopped_by": actor}
    )
    if not is_new and stop.because == reason:
        raise Conflict(_("All sending is stopped already."))
    stop.because, stop.stopped_by = reason, actor
    stop.save(update_fields=["because", "stopped_by"])
    _record(Action.PAUSED, stop, actor, reason=reason)
    return stop


@transaction.atomic
def platform_resume(*, actor: User | None) -> None:
    """Send again; accounts that are paused stay so. Raises ``Refused`` to who is no administrator,
    ``Conflict`` where nothing is stopped."""
    refuse_unless_administrator(actor)
    stop = PlatformStop.objects.select_for_update(of=("self",)).first()
    if stop is None:
        raise Conflict(_("Sending is not stopped."))
    _record(Action.RESUMED, stop, actor)
    stop.delete()
    transaction.on_commit(_ring_for_all_due)


def _ring_for_all_due() -> None:
    for due in accounts_due(now=timezone.now()):
        ring(due.account_id)


def _record(action: Action, stop: PlatformStop, actor: User | None, **details: object) -> None:
    event_record(action=action, actor=actor, organisation_id=None, obj=stop, details=details)
