"""The export of contacts: who may, what is recorded, and the file itself."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.audit.models import Action
from portal.audit.services import event_record
from portal.contacts.export.beside import Beside
from portal.contacts.export.csv_stream import csv_stream
from portal.contacts.export.formats import CSV_ENCODINGS, ExportFormat
from portal.contacts.export.people import beyond_windows_1251, exported_rows, headings
from portal.contacts.export.xlsx_stream import xlsx_stream
from portal.contacts.lists.filters import Filters
from portal.contacts.lists.search import search_condition
from portal.contacts.models import Contact, ContactField
from portal.core.errors import Refused

_MOST_NAMED = 5


def contacts_export(
    *, query: str, filters: Filters, file_format: ExportFormat, actor: User
) -> Iterator[bytes]:
    """The file, piece by piece, of the shared contacts and the actor's own that a list with this
    ``query`` and ``filters`` has. The event is recorded before its first byte.

    Raises ``Refused`` where a contact has characters that the file's encoding lacks: none is ever
    dropped or replaced.
    """
    if actor.organisation is None or not actor.may(Right.SEE_CONTACTS):
        raise Refused(_("Your role does not see contacts."))
    condition = search_condition(member=actor, query=query, filters=filters, now=timezone.now())
    if file_format is ExportFormat.CSV_WINDOWS_1251:
        _refuse_beyond_windows_1251(condition, actor)
    fields = list(ContactField.objects.filter(organisation=actor.organisation))
    _record(condition, file_format, actor)
    is_xlsx = file_format is ExportFormat.XLSX
    beside = Beside(actor, stopped=_("yes"))
    shelves = filters.shelves(actor)
    rows = exported_rows(condition, shelves, fields, beside=beside, has_plus=is_xlsx)
    if is_xlsx:
        return xlsx_stream(headings(fields), rows, sheet=str(_("Contacts"))[:25])
    return csv_stream(headings(fields), rows, encoding=CSV_ENCODINGS[file_format])


def _refuse_beyond_windows_1251(condition: Q, actor: User) -> None:
    names = beyond_windows_1251(condition, actor, most=_MOST_NAMED + 1)
    if not names:
        return
    listed = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
    raise Refused(
        _(
            "windows-1251 lacks characters of some contacts: %(names)s. Choose UTF-8 or XLSX to "
            "export them whole."
        )
        % {"names": listed}
    )


@transaction.atomic
def _record(condition: Q, file_format: ExportFormat, actor: User) -> None:
    event_record(
        action=Action.EXPORTED,
        actor=actor,
        organisation_id=actor.organisation_id,
        object_label="contacts",
        details={
            "count": Contact.objects.filter(condition).count(),
            "format": file_format.value,
        },
    )
