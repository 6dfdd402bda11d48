"""From the first message to the figures. Django is set up when this is imported."""

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import connection

from portal.delivery.models import OutboxEntry
from portal.delivery.sweep import sweep_outbox
from portal.embedded.sandbox import read_letters
from tests.crash.processes import ROOT, Workshop
from tests.crash.recovery import make_all_due
from tests.crash.storm.books import balanced
from tests.crash.storm.ground import Ground
from tests.crash.storm.parameters import SESSIONS, UNANSWERED, Parameters
from tests.crash.storm.persistence import persistently
from tests.crash.storm.stage import Stage, open_accounts
from tests.crash.storm.weather import Weather

POLL_SECONDS = 0.3


def storm(folder: Path, ground: Ground, parameters: Parameters) -> dict[str, Any]:
    """Let it rage on the ground, of which the environment tells already, until everything is
    settled; the figures."""
    _require_durability()
    dice = random.Random(parameters.seed)
    stage = Stage(parameters.envelopes, dice)
    operator = _start_operator(folder, parameters)
    workshop = Workshop(folder, ground.environment)
    try:
        assert operator.stdout is not None
        open_accounts(folder / "accounts.json", int(operator.stdout.readline()))
        begun = time.monotonic()
        weather = Weather(workshop, ground, parameters, random.Random(parameters.seed))
        weather.start()
        is_over = _watch(stage, dice, parameters, weather)
        seconds = time.monotonic() - begun
        weather.calm()
    finally:
        workshop.close()
        operator.terminate()
        operator.wait(30)
    figures = {
        "seed": parameters.seed,
        "envelopes": stage.submitted,
        "seconds": round(seconds, 1),
        "is_over": is_over,
    }
    return figures | _found(folder, stage, weather)


def _found(folder: Path, stage: Stage, weather: Weather) -> dict[str, Any]:
    books = persistently(lambda: balanced(stage, read_letters(folder / "letters.jsonl")))
    faults = json.loads((folder / "faults.json").read_text())
    unanswered = sum(faults.get(name, 0) for name in UNANSWERED)
    return {
        **{blow: weather.blows[blow] for blow in ("kills", "stops", "wipes", "restarts")},
        "workers_ended_by_themselves": weather.ended_by_themselves,
        "faults": faults,
        **asdict(books),
        "most_uncertain": unanswered + weather.processes_struck * SESSIONS,
    }


def _require_durability() -> None:
    with connection.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchone() == ("on",), f"{setting} is off: a restart would lose commits"


def _start_operator(folder: Path, parameters: Parameters) -> "subprocess.Popen[str]":
    module = "tests.crash.storm.operator_process"
    options = [str(parameters.latency_ms), str(parameters.seed)]
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _watch(stage: Stage, dice: random.Random, parameters: Parameters, weather: Weather) -> bool:
    """Submit, decide and sweep, as people and beat do; whether all was settled in time."""
    give_up = time.monotonic() + parameters.patience_seconds
    while time.monotonic() < give_up and weather.is_alive():
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
