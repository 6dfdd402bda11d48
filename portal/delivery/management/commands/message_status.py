import argparse
import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.audit.commands import ServiceCommand
from portal.core.errors import Refused
from portal.delivery.amounts import segments_charged
from portal.delivery.models import Message
from portal.delivery.selectors import Standing, is_settled, message_standing

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
        standing = _wait_until_settled(message.pk, wait or 0.0)
        words = _as_json(message, standing) if options["json"] else _as_lines(standing)
        if wait is not None and not is_settled(standing.counts):
            self.stdout.write(words)
            raise CommandError(
                _("The time is over and the message is still under way."),
                returncode=STILL_UNDER_WAY,
            )
        return words


def _wait_until_settled(message_id: int, patience: float) -> Standing:
    deadline = time.monotonic() + patience
    standing = message_standing(message_id)
    while not is_settled(standing.counts) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        standing = message_standing(message_id)
    return standing


def _as_json(message: Message, standing: Standing) -> str:
    status = {
        "id": message.pk,
        "state": standing.overall,
        "recipients": message.recipients_count,
        "segments": segments_charged(message, standing.counts),
        "counts": dict(standing.counts),
    }
    return json.dumps(status)


def _as_lines(standing: Standing) -> str:
    """The state, then the number of recipients in each, in the words of the JSON."""
    counts = standing.counts.items()
    return "\n".join([standing.overall, *(f"{state}: {n}" for state, n in counts)])
