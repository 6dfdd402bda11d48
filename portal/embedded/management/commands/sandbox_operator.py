import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.embedded.sandbox import FAULTS, parse_fault, run_sandbox

_DEFAULT_PORT = 2525


class Command(BaseCommand):
    help = "Serve as the operator would, on this machine only, until stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_port, default=_DEFAULT_PORT, help="0: any free one")
        parser.add_argument("--latency-ms", type=_milliseconds, default=0)
        parser.add_argument(
            "--fault",
            dest="faults",
            metavar="NAME=RATE",
            type=_fault,
            action="append",
            default=[],
            help=f"share of e-mails, 0 to 1, to treat wrongly: {', '.join(FAULTS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_sandbox(
                data_dir=settings.DATA_DIR,
                port=options["port"],
                latency_ms=options["latency_ms"],
                faults=dict(options["faults"]),
            )
        except OSError as error:
            raise CommandError(str(error)) from None


def _fault(argument: str) -> tuple[str, float]:
    try:
        return parse_fault(argument)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit() and int(argument) < 2**16):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(argument)


def _milliseconds(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit()):
        raise argparse.ArgumentTypeError("a latency is a number of milliseconds")
    return int(argument)
