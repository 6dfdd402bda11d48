from typing import Any

from django.core.management.base import CommandParser

from portal.accounts.administration import organisation_found
from portal.audit.commands import ServiceCommand


class Command(ServiceCommand):
    help = "Make an organisation with its first manager; prints the manager's one-time password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--manager", metavar="EMAIL", required=True)

    def perform(self, **options: Any) -> str:
        _organisation, password = organisation_found(
            name=options["name"], manager_email=options["manager"], actor=None
        )
        return password
