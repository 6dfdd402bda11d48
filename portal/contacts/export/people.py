"""Contacts as rows of an export."""

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.text import capfirst

from portal.contacts.models import Contact, ContactField
from sms.phone import display

_COLUMNS = ("surname", "given_name", "patronymic", "phone", "note")
_PHONE = _COLUMNS.index("phone")
_ROWS_AT_ONCE = 2000
# Letters and signs that windows-1251 has beside ASCII, for PostgreSQL's bracket expression.
_WINDOWS_1251 = "".join(
    bytes([code]).decode("windows-1251") for code in range(0x80, 0x100) if code != 0x98
)
_BEYOND = f"[^\\u0001-\\u007f{_WINDOWS_1251}]"


def headings(fields: Iterable[ContactField]) -> list[str]:
    """In the reader's language, as our import knows them; then the fields' names."""
    by_name = {column.name: str(column.verbose_name) for column in Contact._meta.fields}
    return [*(capfirst(by_name[name]) for name in _COLUMNS), *(field.name for field in fields)]


def exported_rows(
    condition: Q, shelves: Sequence[int], fields: Sequence[ContactField], *, has_plus: bool
) -> Iterator[list[str]]:
    """The contacts of ``condition`` by name, a shelf after the other, each along its index.

    Read by a cursor of the server's in one transaction, which lasts as long as the iteration.
    ``has_plus``: numbers as +7 921 000-00-00; else Russian ones without it, which Excel would take
    for the beginning of a formula.
    """
    ids = [str(field.pk) for field in fields]
    with transaction.atomic():
        for shelf in shelves:
            contacts = Contact.objects.filter(condition, shelf=shelf)
            values = contacts.order_by("search_key", "pk").values_list(*_COLUMNS, "field_values")
            for *cells, own in values.iterator(chunk_size=_ROWS_AT_ONCE):
                cells[_PHONE] = _spelled(cells[_PHONE], has_plus=has_plus)
                cells.extend(own.get(each, "") for each in ids)
                yield cells


def beyond_windows_1251(condition: Q, *, most: int) -> list[str]:
    """Names (or numbers, of the nameless) of contacts with characters that windows-1251 lacks."""
    is_beyond = Q(values_text__regex=_BEYOND)
    for column in ("surname", "given_name", "patronymic", "note"):
        is_beyond |= Q(**{f"{column}__regex": _BEYOND})
    contacts = Contact.objects.filter(condition)
    found = contacts.alias(values_text=Cast("field_values", TextField())).filter(is_beyond)
    return [str(contact) for contact in found.only("name", "phone")[:most]]


def _spelled(phone: str, *, has_plus: bool) -> str:
    shown = display(phone) if phone else ""
    return shown if has_plus or not shown.startswith("+7 9") else shown[1:]
