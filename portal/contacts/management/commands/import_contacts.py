import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from portal.accounts.lookups import active_user
from portal.accounts.models import User
from portal.audit.commands import ServiceCommand
from portal.contacts.file_parts import PART_SIZE
from portal.contacts.imports.pages import ImportPage
from portal.contacts.imports.report import Report
from portal.contacts.imports.services import (
    Destination,
    import_check,
    import_confirm,
    import_discard,
    import_upload,
)
from portal.contacts.imports.work import work_to_the_end
from portal.contacts.models import Group, Import, ImportStage, ImportTarget
from portal.contacts.models.imports import IN_WORK
from portal.core.errors import Refused

_LOOK_AGAIN_SECONDS = 1.0


def binary_file(path: str) -> BinaryIO:
    """An argument type: a file to be read only later, for it may be long."""
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None


class Command(ServiceCommand):
    help = (
        "Import a file of contacts in a member's name: what its columns are is guessed, bad rows "
        "are left out. Prints what came of it as JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="author", metavar="EMAIL", required=True)
        parser.add_argument("file", metavar="FILE", type=binary_file)
        parser.add_argument("--group", metavar="NAME", help="made where there is none")

    def perform(self, **options: Any) -> str:
        with options["file"] as file:
            author = active_user(options["author"])
            source = import_upload(
                actor=author,
                target=ImportTarget.CONTACTS,
                file_name=Path(file.name).name,
                chunks=_chunks(file),
            )
        try:
            return json.dumps(_imported(source, author, options["group"]))
        except Refused:
            _forget(source, author)
            raise


def _imported(source: Import, author: User, group: str | None) -> dict[str, int]:
    import_check(
        source=source,
        columns=source.columns,
        destination=_destination(author, group),
        actor=author,
    )
    _finish(source, ImportStage.CHECKED)
    import_confirm(source=source, actor=author)
    _finish(source, ImportStage.DONE)
    report = Report.from_dict(source.report)
    counts = {
        name: source.outcome.get(name, 0) for name in ("made", "changed", "left", "archived", "own")
    }
    return {
        "id": source.pk,
        "rows": report.rows,
        **counts,
        "duplicates": report.duplicates,
        "stopped": report.stopped,
        "bad": report.bad,
    }


def _destination(author: User, name: str | None) -> Destination:
    if name is None:
        return Destination()
    named = Group.objects.visible_to(author).filter(name=name, owner=None).first()
    return Destination(group=named) if named else Destination(new_group=name)


def _finish(source: Import, wanted: ImportStage) -> None:
    """Work, and wait where another worker or another import's turn is first."""
    while True:
        work_to_the_end(source.pk)
        source.refresh_from_db()
        if source.stage not in IN_WORK:
            break
        time.sleep(_LOOK_AGAIN_SECONDS)
    if source.stage != wanted:
        raise Refused(ImportPage(source).failure or _("The import was stopped."))


def _forget(source: Import, author: User) -> None:
    source.refresh_from_db()
    if source.stage in (ImportStage.UPLOADED, ImportStage.CHECKED):
        import_discard(source=source, actor=author)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(PART_SIZE):
        yield chunk
