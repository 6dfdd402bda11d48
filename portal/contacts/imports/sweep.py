"""What lost rings, lost workers and people who thought better of it leave behind."""

from datetime import datetime, timedelta

from django.utils import timezone

from portal.contacts.imports.doorbell import ring
from portal.contacts.models import Import, ImportStage
from portal.contacts.models.imports import IN_WORK
from portal.core.lease import abandoned

# An upload that nobody confirms is kept for so long.
KEPT = timedelta(days=7)
_MOST_RUNG = 100


def imports_sweep() -> None:
    """Ring for imports that nobody is at, delete uploads that nobody came back to."""
    now = timezone.now()
    waiting = Import.objects.filter(abandoned(now), stage__in=IN_WORK).order_by("pk")
    for pk in waiting.values_list("pk", flat=True)[:_MOST_RUNG]:
        ring(pk)
    uploads_expire(now=now)


def uploads_expire(*, now: datetime) -> int:
    """Delete what was uploaded long ago and never confirmed; returns how many."""
    unconfirmed = (ImportStage.UPLOADED, ImportStage.CHECKED)
    old = Import.objects.filter(stage__in=unconfirmed, created_at__lt=now - KEPT)
    ids = list(old.values_list("pk", flat=True)[:_MOST_RUNG])
    Import.objects.filter(pk__in=ids, stage__in=unconfirmed).delete()
    return len(ids)
