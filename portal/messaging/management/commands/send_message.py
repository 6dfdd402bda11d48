import argparse
import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from portal.accounts.lookups import active_user
from portal.accounts.models import Organisation, User
from portal.audit.commands import ServiceCommand, idempotency_key, text_file
from portal.contacts.models import Group
from portal.core.errors import Refused
from portal.messaging.audience import Audience, gather_audience
from portal.messaging.schedule import moment_meant
from portal.messaging.services import Order, message_submit


def moment(text: str) -> datetime:
    """An argument type: a date and time by ISO 8601, with or without an offset."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time like 2030-12-31T09:00 or 2030-12-31T09:00+03:00"
        ) from None


class Command(ServiceCommand):
    help = "Send a message in a member's name; prints the message's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="author", metavar="EMAIL", required=True)
        parser.add_argument("--sender", metavar="VALUE", required=True)
        audience = parser.add_mutually_exclusive_group(required=True)
        audience.add_argument("--to", metavar="NUMBER", nargs="+", action="extend")
        audience.add_argument("--group", metavar="NAME")
        audience.add_argument(
            "--to-file", metavar="F", type=text_file, help="one number a line, UTF-8"
        )
        text = parser.add_mutually_exclusive_group(required=True)
        text.add_argument("--text", metavar="T")
        text.add_argument("--text-file", metavar="F", type=text_file, help="UTF-8")
        parser.add_argument(
            "--at", metavar="ISO", type=moment, help="without an offset: in the organisation's zone"
        )
        parser.add_argument(
            "--key",
            metavar="K",
            type=idempotency_key,
            help="the same key again is the same message",
        )

    def perform(self, **options: Any) -> str:
        author = active_user(options["author"])
        organisation = _organisation_of(author)
        text = options["text_file"] if options["text"] is None else options["text"]
        due_at = moment_meant(options["at"], zone=organisation.zone) if options["at"] else None
        order = Order(
            author=author,
            sender_value=options["sender"],
            text=text,
            audience=_audience(organisation, options),
            form_key=options["key"] or uuid.uuid4().hex,
            due_at=due_at,
        )
        return str(message_submit(order=order).message.pk)


def _organisation_of(author: User) -> Organisation:
    if author.organisation is None:
        raise Refused(_("%(email)s belongs to no organisation.") % {"email": author.email})
    return author.organisation


def _audience(organisation: Organisation, options: dict[str, Any]) -> Audience:
    if options["group"] is None:
        typed = options["to_file"] if options["to"] is None else "\n".join(options["to"])
        return gather_audience(organisation=organisation, typed=typed)
    group = Group.objects.filter(organisation=organisation, name=options["group"]).first()
    if group is None:
        raise Refused(_("There is no group “%(name)s”.") % {"name": options["group"]})
    return gather_audience(organisation=organisation, group_ids=[group.pk])
