"""What happens after a worker's death: its leases run out, the sweep runs, others go on."""

import time
from collections.abc import Callable

from django.utils import timezone

from portal.delivery.engine import deliver_account
from portal.delivery.models import ConnectionLease, Envelope, Message
from portal.delivery.selectors import is_settled, message_counts
from portal.delivery.sweep import sweep_outbox

PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.05


def until(condition: Callable[[], bool], *, patience: float = PATIENCE_SECONDS) -> None:
    """Ask again and again until the condition holds; fails when it does not for too long."""
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(_POLL_SECONDS)


def is_over(message: Message) -> bool:
    return is_settled(message_counts(message.pk))


def leases_ran_out() -> bool:
    now = timezone.now()
    return not (
        Envelope.objects.filter(lease_until__gt=now).exists()
        or ConnectionLease.objects.filter(expires_at__gt=now).exists()
    )


def recover(message: Message) -> None:
    """Deliver the rest in this process, after the leases' end and a sweep."""
    until(leases_ran_out)
    sweep_outbox()
    account = Envelope.objects.filter(message=message).values_list("account", flat=True)[0]
    until(lambda: bool(deliver_account(account)) or is_over(message))
    until(lambda: is_over(message))
