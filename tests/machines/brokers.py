"""The brokers that the services' script started, and their violent ends."""

import os
import subprocess
from enum import StrEnum
from pathlib import Path

from django.conf import settings

SERVICES = Path(settings.BASE_DIR) / ".ci" / "services"


class Broker(StrEnum):
    REDIS = "redis"
    RABBITMQ = "rabbitmq"

    @property
    def url(self) -> str | None:
        """As processes on this machine reach it; None where it is not running."""
        variable = {Broker.REDIS: "SERVER_BROKER_URL", Broker.RABBITMQ: "PORTAL_TEST_RABBITMQ"}
        return os.environ.get(variable[self])

    def renew(self) -> None:
        """Kill it and return once it is back, emptied."""
        folder = os.environ["PORTAL_TEST_SERVICES"]
        subprocess.run(
            ["bash", "-euc", f'source "$0"; renew_{self.value} "$1"', SERVICES, folder],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
