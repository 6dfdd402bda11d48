"""Campaigns through real workers, timed by the operator's count of e-mails."""

import math
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from tests.benchmarks.ours import RINGS, Portal
from tests.benchmarks.processes import Trouble, wait_until
from tests.benchmarks.sinks import Flow, Sink

_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Delivery:
    """``flow``: from the first e-mail to the last; ``submit_seconds``: queueing it, before."""

    recipients: int
    flow: Flow
    submit_seconds: float

    @property
    def recipients_rate(self) -> float:
        return self.recipients / self.flow.seconds

    @property
    def whole_rate(self) -> float:
        """Recipients a second from the order to the last e-mail."""
        return self.recipients / (self.submit_seconds + self.flow.seconds)


def deliver(
    portal: Portal,
    sink: Sink,
    organisation: str,
    recipients: int,
    *,
    numbers_per_email: int = 1,
    has_own_texts: bool = False,
    while_sending: AbstractContextManager[None] | None = None,
) -> Delivery:
    """Queue a message while the account is paused, let it go, watch it arrive.

    ``while_sending`` is entered when it is let go and left at the last e-mail. Raises ``Trouble``
    unless every e-mail came exactly once and every recipient is accepted.
    """
    e_mails = math.ceil(recipients / numbers_per_email)
    portal.ask("pause", organisation)
    begun, before = time.monotonic(), sink.count()
    send = portal.send_own_texts if has_own_texts else portal.send
    message_id = send(organisation, recipients)
    submit_seconds = time.monotonic() - begun
    with while_sending or nullcontext():
        portal.ask("resume", organisation, RINGS)
        flow = sink.watch(e_mails, after=before, seconds=_PATIENCE_SECONDS)
    all_accepted = {"accepted": recipients}
    wait_until(
        lambda: portal.counts(message_id) == all_accepted,
        what=f"all of message {message_id} accepted",
        pause=0.1,
    )
    if (come := sink.count() - before) != e_mails:
        raise Trouble(f"{come} e-mails came of a message of {e_mails}")
    return Delivery(recipients, flow, submit_seconds)
