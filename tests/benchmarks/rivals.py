"""django-post_office and django-mailer at their best, in a generated project on PostgreSQL.

Both know e-mails alone: no recipients, no money, no point of no return. The time they take to
queue theirs, and to load the first batch, is not counted, nor is what they record after the last
e-mail.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.letters import MAIL_FROM, MAILBOX, letter
from tests.benchmarks.processes import ROOT, Trouble, child_environment, python, running
from tests.benchmarks.services import Services
from tests.benchmarks.sinks import Flow, Sink

PROCESSES = 2
# Without latency none of 1, 5 and 16 threads is faster than 2; with it, as many as our sessions.
QUICK_THREADS, PATIENT_THREADS = 2, 64
_PATIENCE_SECONDS = 170.0

_SETTINGS = """\
import os
import environ

SECRET_KEY = "benchmark"
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office", "mailer"]
DATABASES = {"default": environ.Env.db_url_config(os.environ["RIVAL_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["RIVAL_PORT"])
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
POST_OFFICE = {
    "BATCH_SIZE": 2000,
    "THREADS_PER_PROCESS": int(os.environ["RIVAL_THREADS"]),
    "LOG_LEVEL": 0,
}
MAILER_EMAIL_BACKEND = EMAIL_BACKEND
MAILER_USE_FILE_LOCK = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "ERROR"},
    "loggers": {name: {"level": "ERROR"} for name in ("mailer", "post_office")},
}
"""

_FILL = """\
import os
import sys
import django

django.setup()

from django.core.mail import EmailMessage
from django.db import connection
from mailer.models import PRIORITY_MEDIUM, Message, make_message
from post_office import mail
from post_office.models import Email

rival, wanted, octets, sender, mailbox = sys.argv[1:]
bare = EmailMessage("SMS", "", sender, [mailbox]).message().as_bytes(linesep="\\r\\n")
room = int(octets) - len(bare)
body = "\\r\\n".join(["x" * 68] * (room // 70))
body = (body + "\\r\\n" + "x" * room)[:room].replace("\\r\\n", "\\n")
with connection.cursor() as cursor:
    cursor.execute("TRUNCATE post_office_email, mailer_message, mailer_messagelog CASCADE")
if rival == "post_office":
    order = {"sender": sender, "recipients": [mailbox], "subject": "SMS", "message": body}
    mail.send_many([order] * int(wanted))
else:
    order = {"subject": "SMS", "body": body, "from_email": sender, "to": [mailbox]}
    order["priority"] = PRIORITY_MEDIUM
    made = (make_message(**order) for _ in range(int(wanted)))
    Message.objects.bulk_create(made, batch_size=1000)
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")
"""

# Each process has every second e-mail: together on all of them, they meet at each one's lock.
_SEND_HALF = """\
import sys
import django

django.setup()

from django.db.models import F
from django.db.models.functions import Mod
from mailer.engine import send_all
from mailer.models import Message

part, parts = map(int, sys.argv[1:])
send_all(Message.objects.annotate(part=Mod(F("id"), parts)).filter(part=part))
"""


@dataclass(frozen=True)
class Rivals:
    folder: Path
    environment: Mapping[str, str]

    def post_office(self, sink: Sink, e_mails: int, *, port: int, threads: int) -> Flow:
        """Its command with two processes, each of so many threads with a connection each."""
        self._fill("post_office", e_mails)
        command = ["-m", "django", "send_queued_mail", f"--processes={PROCESSES}"]
        options = ["--log-level=0", f"--lockfile={self.folder / 'lock'}"]
        return self._watch(sink, e_mails, [[*command, *options]], port, threads)

    def mailer(self, sink: Sink, e_mails: int, *, port: int) -> Flow:
        """Its loop in two processes, each on its half."""
        self._fill("mailer", e_mails)
        script = str(self.folder / "send_half.py")
        halves = [[script, str(part), str(PROCESSES)] for part in range(PROCESSES)]
        return self._watch(sink, e_mails, halves, port, threads=1)

    def migrate(self) -> None:
        self._run("-m", "django", "migrate", "--verbosity=0")

    def _fill(self, rival: str, e_mails: int) -> None:
        script, octets = str(self.folder / "fill.py"), str(len(letter()))
        self._run(script, rival, str(e_mails), octets, MAIL_FROM, MAILBOX)

    def _watch(
        self, sink: Sink, e_mails: int, commands: list[list[str]], port: int, threads: int
    ) -> Flow:
        environment = {
            **self.environment,
            "RIVAL_PORT": str(port),
            "RIVAL_THREADS": str(threads),
        }
        log, before = self.folder / "rivals.log", sink.count()
        with ExitStack() as stack:
            started = [
                stack.enter_context(running(python(*command), log=log, environment=environment))
                for command in commands
            ]
            flow = sink.watch(e_mails, after=before, seconds=_PATIENCE_SECONDS)
            codes = [process.wait(_PATIENCE_SECONDS) for process in started]
        if any(codes) or sink.count() - before != e_mails:
            raise Trouble(f"{commands}: {codes}, {sink.count() - before} of {e_mails} e-mails")
        return flow

    def _run(self, *arguments: str) -> None:
        environment = child_environment(self.environment)
        done = subprocess.run(
            python(*arguments), cwd=ROOT, env=environment, capture_output=True, check=False
        )
        if done.returncode:
            raise Trouble(done.stderr.decode()[-2000:])


@contextmanager
def rivals(folder: Path, services: Services) -> Iterator[Rivals]:
    """A generated project of theirs with a database of its own."""
    if not all(map(find_spec, ("post_office", "mailer"))):
        raise Trouble("install the extra: pip install -e '.[bench]'")
    project = folder / "rivals"
    project.mkdir()
    for name, text in (("rival_settings", _SETTINGS), ("fill", _FILL), ("send_half", _SEND_HALF)):
        (project / f"{name}.py").write_text(text)
    environment = {
        "PYTHONPATH": f"{project}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "rival_settings",
        "RIVAL_DATABASE": services.make_database("rivals"),
        "RIVAL_PORT": "25",
        "RIVAL_THREADS": "1",
    }
    made = Rivals(project, environment)
    made.migrate()
    try:
        yield made
    finally:
        shutil.rmtree(project)
