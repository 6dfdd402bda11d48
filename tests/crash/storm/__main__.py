"""A storm over real workers, the database, the broker and the operator, all at once.

``CRASH_ENVELOPES=10000 python -m tests.crash.storm FOLDER [--server]`` with nothing of a portal in
the environment; FOLDER is new. Prints its figures as JSON; fails where a recipient was lost,
doubled or falsely accepted. Database and broker are of the folder, with fsync on: the embedded
ones, or with ``--server`` PostgreSQL and Redis.
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from tests.crash.storm.ground import Embedded, Ground, Server
from tests.crash.storm.parameters import DOT_TIMEOUT_SECONDS, LEASE_SECONDS, SESSIONS, Parameters

WRONG = ("lost", "doubled", "falsely_accepted", "falsely_unsent", "wrong_texts", "wrong_money")


def set_up(ground: Ground) -> None:
    """A portal of its own; whatever the caller's environment says of one is not about it."""
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "SERVER_BROKER_URL", "CACHE_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        **ground.environment,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_LEASE_SECONDS": str(LEASE_SECONDS),
        "PORTAL_DOT_TIMEOUT_SECONDS": str(DOT_TIMEOUT_SECONDS),
        "PORTAL_SMTP_TIMEOUT_SECONDS": str(DOT_TIMEOUT_SECONDS),
        "PORTAL_SESSIONS_PER_WORKER": str(SESSIONS),
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    # The sweep says how many workers vanished, again and again.
    logging.getLogger("portal").setLevel(logging.ERROR)


def is_flawless(figures: dict[str, Any]) -> bool:
    uncertain = figures["states"].get("uncertain", 0)
    is_right = not any(figures[name] for name in WRONG)
    return figures["is_over"] and is_right and uncertain <= figures["most_uncertain"]


def main(home: Path, *, is_server: bool) -> int:
    home.mkdir(parents=True)
    ground = Server(home) if is_server else Embedded(home)
    try:
        set_up(ground)
        from tests.crash.storm.storm import storm

        figures = storm(home, ground, Parameters.from_environment())
    finally:
        ground.stop()
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0 if is_flawless(figures) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", action="store_true")
    told = parser.parse_args()
    sys.exit(main(told.folder, is_server=told.server))
