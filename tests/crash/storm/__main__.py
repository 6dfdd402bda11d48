"""A storm over real workers, the database, the broker and the operator, all at once.

``CRASH_ENVELOPES=10000 python -m tests.crash.storm FOLDER`` with nothing of a portal in the
environment; FOLDER is new. Prints its figures as JSON; fails where a recipient was lost, doubled
or falsely accepted. The database is the embedded one, of the folder, with fsync on.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from portal.embedded.postgres import EmbeddedPostgres
from tests.crash.storm.parameters import DOT_TIMEOUT_SECONDS, LEASE_SECONDS, SESSIONS, Parameters

WRONG = ("lost", "doubled", "falsely_accepted", "falsely_unsent", "wrong_money")


def set_up(folder: Path) -> None:
    """A portal of its own; whatever the caller's environment says of one is not about it."""
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "SERVER_BROKER_URL", "CACHE_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_DATA_DIR": str(folder / "data"),
        "PORTAL_TEST_BROKER_FOLDER": str(folder / "broker-home"),
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


def main(home: Path) -> int:
    home.mkdir(parents=True)
    set_up(home)
    from tests.crash.storm.storm import storm

    try:
        figures = storm(home, Parameters.from_environment())
    finally:
        EmbeddedPostgres(home / "data").stop()
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0 if is_flawless(figures) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
