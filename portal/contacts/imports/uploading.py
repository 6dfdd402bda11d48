"""What comes with a form for a file, as it comes."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest

from portal.contacts.file_parts import PART_SIZE
from portal.contacts.imports.forms import FileForm
from portal.contacts.imports.words import explain_file
from portal.contacts.reading import FileFault, FileRefused
from portal.core.uploads import was_cut_off

_PASTED = "paste.txt"


def has_come_whole(request: HttpRequest, form: FileForm) -> bool:
    """False where the file was too long to be taken, which the form says then."""
    if was_cut_off(request):
        form.add_error("file", too_big())
    return not was_cut_off(request)


def too_big() -> str:
    return explain_file(FileRefused(FileFault.TOO_BIG, limit=settings.IMPORT_MAX_BYTES))


def name_of(form: FileForm) -> str:
    """The file's, one of our own for pasted text."""
    return form.upload.name or "" if form.upload else _PASTED


def chunks_of(form: FileForm) -> Iterator[bytes]:
    if form.upload:
        yield from form.upload.chunks(PART_SIZE)
    else:
        yield form.cleaned_data["text"].encode("utf-8", "replace")
