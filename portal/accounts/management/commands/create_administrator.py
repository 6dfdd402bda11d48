from typing import Any

from django.core.management.base import CommandParser

from portal.accounts.services import administrator_create
from portal.audit.commands import ServiceCommand


class Command(ServiceCommand):
    help = "Make an administrator of the platform; prints a one-time password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def perform(self, **options: Any) -> str:
        _user, password = administrator_create(email=options["email"], actor=None)
        return password
