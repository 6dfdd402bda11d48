"""The base of the commands that scripts rely on.

A command parses its arguments, calls a service and prints the result alone on stdout. Exit
codes: 0 done, 1 refused with the reason on stderr, 2 wrong usage.
"""

import argparse
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from portal.audit.origin import origin
from portal.core.errors import Refused
from portal.embedded.postgres import EmbeddedPostgresError

WRONG_USAGE = 2
LONGEST_KEY = 64


class ServiceCommand(BaseCommand):
    """Audit events of the command say that they came from ``command NAME``."""

    # A fault in some page is no reason to refuse a script's work; deployment runs the checks.
    requires_system_checks = ()

    @abstractmethod
    def perform(self, **options: Any) -> str:
        """Do the work and return what stdout gets. Raises ``Refused`` with the reason."""

    def handle(self, *args: Any, **options: Any) -> str:
        _refuse_broken_characters(options)
        try:
            with origin(f"command {self.name}"):
                return self.perform(**options)
        except Refused as refused:
            at = f"{refused.field}: " if refused.field else ""
            raise CommandError(f"{at}{refused.message}") from None
        except (EmbeddedPostgresError, OperationalError) as error:
            raise CommandError(str(error)) from None

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]


def text_file(path: str) -> str:
    """An argument type: the text of a UTF-8 file, without a byte order mark."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{path}: not a text file in UTF-8") from None


def idempotency_key(text: str) -> str:
    """An argument type: the caller's name for one piece of work that is done once."""
    if not 1 <= len(text) <= LONGEST_KEY:
        raise argparse.ArgumentTypeError(f"a key has 1 to {LONGEST_KEY} characters")
    return text


def _refuse_broken_characters(options: dict[str, Any]) -> None:
    """Arguments that the terminal gave in another encoding cannot be stored or compared."""
    for value in _texts(options.values()):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise CommandError("An argument is not in UTF-8.", returncode=WRONG_USAGE)


def _texts(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)
