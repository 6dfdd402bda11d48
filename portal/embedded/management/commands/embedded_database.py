from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresError


class Command(BaseCommand):
    help = "Start, stop or describe the database under PORTAL_DATA_DIR."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *args: Any, **options: Any) -> str:
        if not settings.EMBEDDED:
            raise CommandError("DATABASE_URL is set: the database is not the embedded one.")
        server = EmbeddedPostgres(settings.DATA_DIR)
        try:
            if options["action"] == "start":
                server.ensure_running()
            elif options["action"] == "stop":
                server.stop()
        except EmbeddedPostgresError as error:
            raise CommandError(str(error)) from None
        return server.describe()
