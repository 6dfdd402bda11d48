import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.operations.health import OK, is_healthy, portal_health


class Command(BaseCommand):
    help = "Say of each thing that sending needs whether it works; exit with 1 where one does not."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        words = portal_health(now=timezone.now())
        self.stdout.write(json.dumps(words))
        if not is_healthy(words):
            failing = ", ".join(name for name, word in words.items() if word != OK)
            raise CommandError(f"failing: {failing}")
