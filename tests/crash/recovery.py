"""What happens after a worker's death: its leases run out, the sweep runs, others go on."""

from django.utils import timezone

from portal.delivery.engine import deliver_account
from portal.delivery.models import (
    Claim,
    ConnectionLease,
    Envelope,
    GatewayAccount,
    Message,
    OutboxEntry,
)
from portal.delivery.selectors import is_settled, message_counts
from portal.delivery.sweep import sweep_outbox
from tests.patience import until


def is_over(message: Message) -> bool:
    return is_settled(message_counts(message.pk))


def leases_ran_out() -> bool:
    now = timezone.now()
    return not (
        Claim.objects.filter(lease_until__gt=now).exists()
        or ConnectionLease.objects.filter(lease_until__gt=now).exists()
    )


def make_all_due() -> None:
    """Whoever waits for a next try need wait no longer."""
    now = timezone.now()
    Envelope.objects.filter(retry_at__gt=now).update(retry_at=now)
    GatewayAccount.objects.exclude(not_before=None).update(not_before=None)


def recover(message: Message) -> None:
    """Deliver the rest in this process, after the leases' end and a sweep."""
    until(leases_ran_out)
    sweep_outbox()
    entry = OutboxEntry.objects.filter(message=message).first()

    def deliver_rest() -> bool:
        make_all_due()
        if entry is not None and not is_over(message):
            deliver_account(entry.account_id)
        return is_over(message)

    until(deliver_rest)


class Beat:
    """Sweeps from this process, in the place of Celery's beat."""

    def __init__(self, message: Message) -> None:
        self.message = message

    def all_is_over(self) -> bool:
        sweep_outbox()
        return is_over(self.message)
