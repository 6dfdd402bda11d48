from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from portal.accounts.administrators import refuse_unless_administrator
from portal.accounts.lookups import active_user, organisation_named
from portal.accounts.models import Organisation, User
from portal.audit.commands import ServiceCommand
from portal.senders.models import SenderName, SenderState
from portal.senders.services import sender_name_decide, sender_name_request


class Command(ServiceCommand):
    help = "Approve a sender name, asking for it first where nobody has; prints the name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("value", metavar="VALUE")
        parser.add_argument("--organisation", metavar="NAME", required=True)
        parser.add_argument("--by", metavar="ADMINISTRATOR_EMAIL", required=True)

    def perform(self, **options: Any) -> str:
        organisation = organisation_named(options["organisation"])
        approved = _approve(organisation, options["value"], active_user(options["by"]))
        return approved.value


@transaction.atomic
def _approve(organisation: Organisation, value: str, administrator: User) -> SenderName:
    """Approving what is approved already changes nothing: scripts may run twice."""
    refuse_unless_administrator(administrator)
    known = SenderName.objects.filter(organisation=organisation, value=value).first()
    if known is None:
        known = sender_name_request(organisation=organisation, value=value, actor=administrator)
    elif known.state == SenderState.APPROVED:
        return known
    return sender_name_decide(sender_name=known, state=SenderState.APPROVED, actor=administrator)
