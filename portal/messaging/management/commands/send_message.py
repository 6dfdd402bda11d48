import argparse
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from portal.accounts.lookups import active_user
from portal.accounts.models import Organisation, User
from portal.audit.commands import WRONG_USAGE, ServiceCommand, idempotency_key, text_file
from portal.contacts.models import Group
from portal.core.errors import Refused
from portal.messaging.audience import Audience
from portal.messaging.gathering import audience_gathered, audience_read
from portal.messaging.picked import Picked
from portal.messaging.plans.moments import moment_meant
from portal.messaging.plans.typed import PROPOSED_LATENESS
from portal.messaging.services import Order, message_submit

# Octets of a file that are read at once.
_PART = 1 << 16


def moment(text: str) -> datetime:
    """An argument type: a date and time by ISO 8601, with or without an offset."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time like 2030-12-31T09:00 or 2030-12-31T09:00+03:00"
        ) from None


def numbers_file(path: str) -> TextIO:
    """An argument type: a UTF-8 text file, read only later, for it may be long."""
    try:
        return Path(path).open(encoding="utf-8-sig")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None


class Command(ServiceCommand):
    help = "Send a message in a member's name; prints the message's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="author", metavar="EMAIL", required=True)
        parser.add_argument("--sender", metavar="VALUE", required=True)
        audience = parser.add_mutually_exclusive_group(required=True)
        audience.add_argument("--to", metavar="NUMBER", nargs="+", action="extend")
        audience.add_argument("--group", metavar="NAME")
        audience.add_argument(
            "--to-file", metavar="F", type=numbers_file, help="one number a line, UTF-8"
        )
        text = parser.add_mutually_exclusive_group(required=True)
        text.add_argument("--text", metavar="T")
        text.add_argument("--text-file", metavar="F", type=text_file, help="UTF-8")
        parser.add_argument(
            "--at", metavar="ISO", type=moment, help="without an offset: in the organisation's zone"
        )
        parser.add_argument(
            "--not-after",
            metavar="ISO",
            type=moment,
            help="what has not left by then expires; with --at, by itself a day after it",
        )
        parser.add_argument(
            "--key",
            metavar="K",
            type=idempotency_key,
            help="the same key again is the same message",
        )

    def perform(self, **options: Any) -> str:
        with options["to_file"] or nullcontext():
            author = active_user(options["author"])
            with _audience(author, options) as audience:
                return str(message_submit(order=_order(author, audience, options)).message.pk)


def _order(author: User, audience: Audience, options: dict[str, Any]) -> Order:
    zone = _organisation_of(author).zone
    due_at, expires_at = (
        moment_meant(options[option], zone=zone, field=field) if options[option] else None
        for option, field in (("at", "due_at"), ("not_after", "expires_at"))
    )
    return Order(
        author=author,
        sender_value=options["sender"],
        text=options["text_file"] if options["text"] is None else options["text"],
        audience=audience,
        form_key=options["key"] or uuid.uuid4().hex,
        due_at=due_at,
        expires_at=expires_at or (due_at and due_at + PROPOSED_LATENESS),
    )


def _organisation_of(author: User) -> Organisation:
    if author.organisation is None:
        raise Refused(_("%(email)s belongs to no organisation.") % {"email": author.email})
    return author.organisation


def _audience(author: User, options: dict[str, Any]) -> AbstractContextManager[Audience]:
    _organisation_of(author)
    if options["to_file"]:
        return audience_read(author, _texts(options["to_file"]))
    if options["to"]:
        return audience_gathered(author, Picked(typed="\n".join(options["to"])))
    return audience_gathered(author, Picked(group_ids=(_group(author, options["group"]),)))


def _group(author: User, name: str) -> int:
    """The id of the only group of this name that the author sees."""
    found = Group.objects.visible_to(author).filter(name=name)
    if len(found) > 1:
        raise Refused(
            _(
                "There are two groups “%(name)s”: one shared by the organisation and your own. "
                "Rename one of them."
            )
            % {"name": name}
        )
    if not found:
        raise Refused(_("There is no group “%(name)s”.") % {"name": name})
    return found[0].pk


def _texts(file: TextIO) -> Iterator[str]:
    """The file in parts of whole lines."""
    try:
        while lines := file.readlines(_PART):
            yield "".join(lines)
    except UnicodeDecodeError:
        raise CommandError(
            f"{file.name}: not a text file in UTF-8", returncode=WRONG_USAGE
        ) from None
