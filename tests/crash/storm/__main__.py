"""A storm over real workers, the database, the broker and the operator, all at once.

``CRASH_ENVELOPES=10000 python -m tests.crash.storm FOLDER`` with nothing of a portal in the
environment; FOLDER is new. Prints its figures as JSON; fails where a recipient was lost, doubled
or falsely accepted. The database is the embedded one, of the folder, with fsync on.
"""

import json
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from portal.embedded.postgres import EmbeddedPostgres
from tests.crash.storm.parameters import (
    DOT_TIMEOUT_SECONDS,
    LEASE_SECONDS,
    SESSIONS,
    UNANSWERED,
    Parameters,
)

ROOT = Path(__file__).resolve().parents[3]
POLL_SECONDS = 0.3


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


def storm(folder: Path) -> dict[str, Any]:
    """Let it rage until everything is settled; the figures."""
    from django.conf import settings
    from django.db import connection

    from portal.embedded.sandbox import read_letters
    from tests.crash.processes import Workshop
    from tests.crash.storm.books import balanced
    from tests.crash.storm.persistence import persistently
    from tests.crash.storm.stage import Stage, open_accounts
    from tests.crash.storm.weather import Weather

    parameters = Parameters.from_environment()
    dice = random.Random(parameters.seed)
    _require_durability(connection)
    stage = Stage(parameters.envelopes, dice)
    operator = _start_operator(folder, parameters)
    workshop = Workshop(folder)
    try:
        assert operator.stdout is not None
        open_accounts(folder / "accounts.json", int(operator.stdout.readline()))
        begun = time.monotonic()
        weather = Weather(workshop, settings.DATA_DIR, parameters, random.Random(parameters.seed))
        weather.start()
        is_over = _watch(stage, dice, parameters, weather.is_alive)
        seconds = time.monotonic() - begun
        weather.calm()
    finally:
        workshop.close()
        operator.terminate()
        operator.wait(30)
    books = persistently(lambda: balanced(stage, read_letters(folder / "letters.jsonl")))
    faults = json.loads((folder / "faults.json").read_text())
    return {
        "seed": parameters.seed,
        "envelopes": stage.submitted,
        "seconds": round(seconds, 1),
        **{blow: weather.blows[blow] for blow in ("kills", "stops", "wipes", "restarts")},
        "faults": faults,
        **asdict(books),
        "most_uncertain": sum(faults.get(name, 0) for name in UNANSWERED)
        + weather.processes_struck * SESSIONS,
        "is_over": is_over,
    }


def _require_durability(connection: object) -> None:
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchone() == ("on",), f"{setting} is off: a restart would lose commits"


def _start_operator(folder: Path, parameters: Parameters) -> "subprocess.Popen[str]":
    module, options = "tests.crash.storm.operator_process", parameters
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder), str(options.latency_ms), str(options.seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _watch(
    stage: object, dice: random.Random, parameters: Parameters, rages: Callable[[], bool]
) -> bool:
    """Submit, decide and sweep, as beat and people do; whether all was settled in time."""
    from portal.delivery.models import OutboxEntry
    from portal.delivery.sweep import sweep_outbox
    from tests.crash.recovery import make_all_due
    from tests.crash.storm.persistence import persistently
    from tests.crash.storm.stage import Stage

    assert isinstance(stage, Stage)
    give_up = time.monotonic() + parameters.patience_seconds
    while time.monotonic() < give_up and rages():
        if stage.has_more:
            stage.submit_next()
        elif dice.random() < 0.3:
            persistently(stage.resume_everything)
        if dice.random() < 0.1:
            persistently(stage.decide_something)
        persistently(make_all_due)
        persistently(sweep_outbox)
        if not stage.has_more and not persistently(OutboxEntry.objects.exists):
            return True
        time.sleep(POLL_SECONDS)
    return False


def is_flawless(figures: dict[str, Any]) -> bool:
    wrong = ("lost", "doubled", "falsely_accepted", "falsely_unsent", "wrong_money")
    uncertain = figures["states"].get("uncertain", 0)
    return (
        figures["is_over"]
        and not any(figures[name] for name in wrong)
        and uncertain <= figures["most_uncertain"]
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir(parents=True)
    set_up(home)
    try:
        found = storm(home)
    finally:
        EmbeddedPostgres(home / "data").stop()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if is_flawless(found) else 1)
