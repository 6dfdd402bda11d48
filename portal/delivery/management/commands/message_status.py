import argparse
import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.audit.commands import ServiceCommand
from portal.core.errors import Refused
from portal.delivery.models import Message
from portal.delivery.selectors import Counts, is_settled, message_counts, overall_state

STILL_UNDER_WAY = 3
_POLL_SECONDS = 0.2


def seconds(text: str) -> float:
    """An argument type: a time to wait, zero or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


class Command(ServiceCommand):
    help = (
        "Print what became of a message's recipients. With --wait, return once nothing is "
        f"queued or under way, or with exit code {STILL_UNDER_WAY} when the time is over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", type=int)
        parser.add_argument("--wait", metavar="SECONDS", type=seconds)
        parser.add_argument("--json", action="store_true")

    def perform(self, **options: Any) -> str:
        message = Message.objects.filter(pk=options["id"]).first()
        if message is None:
            raise Refused(_("There is no message %(id)s.") % {"id": options["id"]})
        wait: float | None = options["wait"]
        counts = _wait_until_settled(message, wait or 0.0)
        words = _as_json(message, counts) if options["json"] else _as_lines(counts)
        if wait is not None and not is_settled(counts):
            self.stdout.write(words)
            raise CommandError(
                _("The time is over and the message is still under way."),
                returncode=STILL_UNDER_WAY,
            )
        return words


def _wait_until_settled(message: Message, patience: float) -> Counts:
    deadline = time.monotonic() + patience
    counts = message_counts(message.pk)
    while not is_settled(counts) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        counts = message_counts(message.pk)
    return counts


def _as_json(message: Message, counts: Counts) -> str:
    status = {
        "id": message.pk,
        "state": overall_state(counts),
        "recipients": message.recipients_count,
        "segments": message.segments * message.recipients_count,
        "counts": dict(counts),
    }
    return json.dumps(status)


def _as_lines(counts: Counts) -> str:
    """The state, then the number of recipients in each, in the words of the JSON."""
    return "\n".join([overall_state(counts), *(f"{state}: {n}" for state, n in counts.items())])
