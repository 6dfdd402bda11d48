import fcntl
import signal
from argparse import SUPPRESS
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.core.errors import Refused
from portal.embedded.postgres import EmbeddedPostgresError
from portal.quickstart.check import check_quickstart
from portal.quickstart.demo import Login
from portal.quickstart.site import Site


class Command(BaseCommand):
    help = "Run the whole portal on this machine with a demo organisation; Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="default 8000, or a free one")
        parser.add_argument(
            "--check", action="store_true", help="send one SMS through everything and exit"
        )
        parser.add_argument(
            "--new-passwords", action="store_true", help="give the demo's people new passwords"
        )
        parser.add_argument("--any-port", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> str | None:
        if not settings.EMBEDDED:
            raise CommandError("quickstart runs embedded; unset DATABASE_URL.")
        # A shell's background job begins with SIGINT ignored.
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, signal.default_int_handler)
        try:
            if options["check"]:
                return check_quickstart()
            with _only_one(Path(settings.DATA_DIR)):
                site = Site(
                    port=options["port"],
                    any_port=options["any_port"],
                    new_passwords=options["new_passwords"],
                )
                self._run(site)
        except (Refused, EmbeddedPostgresError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")
        return None

    def _run(self, site: Site) -> None:
        self.stderr.write("Starting…")
        with site.running() as logins:
            self.stdout.write("\n".join(_welcome(site, logins)))
            self.stdout.flush()
            site.watch()


def _welcome(site: Site, logins: Sequence[Login]) -> Iterator[str]:
    yield f"The portal is running: {site.address}"
    if logins:
        yield "Sign in as (shown this once):"
        yield from (f"  {one.email:24} {one.role:14} {one.password}" for one in logins)
    else:
        yield "Sign in as before. Forgotten? Start with --new-passwords, or reset by mail:"
        yield f"letters of the portal land in {settings.EMAIL_FILE_PATH}"
    yield f"What the sandbox operator reads: {site.sandbox_folder / 'letters.jsonl'}"
    yield f"Logs: {site.log_folder}"
    yield "Ctrl-C stops it."


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    with (data_dir / "quickstart.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"quickstart is running already on {data_dir}") from None
        yield
