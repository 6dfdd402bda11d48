"""What every section of the benchmark is given."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.plan import Plan

# E-mails of one number each, and e-mails full of numbers: the organisations of most sections.
SINGLE, MANY = "single", "many"
NUMBERS_PER_EMAIL = 80


@dataclass(frozen=True)
class Bench:
    plan: Plan

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A temporary one, through which the users of the servers may pass."""
        with TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            yield folder


def say(words: str) -> None:
    """How far it is, for whoever waits; the result alone goes to stdout."""
    print(words, file=sys.stderr, flush=True)  # noqa: T201
