import argparse
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from portal.accounts.lookups import active_user, organisation_named
from portal.audit.commands import ServiceCommand, idempotency_key
from portal.billing.services import balance, top_up


def money(text: str) -> Decimal:
    """An argument type: an amount with a point or a comma before its hundredths."""
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount") from None


class Command(ServiceCommand):
    help = "Add money to an organisation's balance; prints what may be spent now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("amount", metavar="AMOUNT", type=money)
        parser.add_argument("--organisation", metavar="NAME", required=True)
        parser.add_argument("--by", metavar="ADMINISTRATOR_EMAIL", required=True)

        parser.add_argument(
            "--key", metavar="K", type=idempotency_key, help="the same key again adds nothing"
        )

    def perform(self, **options: Any) -> str:
        organisation = organisation_named(options["organisation"])
        top_up(
            organisation=organisation,
            amount=options["amount"],
            actor=active_user(options["by"]),
            key=options["key"],
        )
        return f"{balance(organisation).available:.2f}"
