"""The sweep: whatever a lost ring or a lost worker left behind is found here."""

import logging

from django.utils import timezone

from portal.delivery.claims import leases_sweep
from portal.delivery.doorbell import ring
from portal.delivery.engine import is_due
from portal.delivery.models import GatewayAccount

log = logging.getLogger(__name__)


def sweep_outbox() -> None:
    """Settle leases that ran out and ring for every account with something due."""
    now = timezone.now()
    requeued, uncertain = leases_sweep(now=now)
    if requeued or uncertain:
        log.warning("workers vanished: %s envelopes requeued, %s uncertain", requeued, uncertain)
    for account_id in GatewayAccount.objects.filter(paused_reason="").values_list("pk", flat=True):
        if is_due(account_id, now=now):
            ring(account_id)
