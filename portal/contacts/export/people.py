"""Contacts as rows of an export."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.export.beside import Beside, picked_groups
from portal.contacts.fields.values import shown_date
from portal.contacts.models import Contact, ContactField, FieldKind, Membership
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
    """In the reader's language, as our import knows them; then the fields' names, and what an
    import leaves out."""
    by_name = {column.name: str(column.verbose_name) for column in Contact._meta.fields}
    own = (field.name for field in fields)
    named = (capfirst(by_name[name]) for name in _COLUMNS)
    return [*named, *own, _("Groups"), _("On the stop list")]


def exported_rows(
    condition: Q,
    shelves: Sequence[int],
    fields: Sequence[ContactField],
    *,
    beside: Beside,
    has_plus: bool,
) -> Iterator[list[str | date]]:
    """The contacts of ``condition`` by name, a shelf after the other, each along its index.

    Read by a cursor of the server's in one transaction, which lasts as long as the iteration.
    ``has_plus``: numbers as +7 921 000-00-00; else Russian ones without it, which Excel would take
    for the beginning of a formula.
    """
    with transaction.atomic():
        for shelf in shelves:
            contacts = Contact.objects.filter(condition, shelf=shelf).order_by("search_key", "pk")
            read = contacts.only(*_COLUMNS, "field_values").iterator(chunk_size=_ROWS_AT_ONCE)
            while page := list(islice(read, _ROWS_AT_ONCE)):
                groups = beside.groups_of([contact.pk for contact in page])
                stopped = beside.stopped_among([one.phone for one in page if one.phone])
                for one in page:
                    yield [
                        *_own_cells(one, fields, has_plus=has_plus),
                        groups.get(one.pk, ""),
                        stopped.get(one.phone, ""),
                    ]


def beyond_windows_1251(condition: Q, actor: User, *, most: int) -> list[str]:
    """Names (or numbers, of the nameless) of contacts with characters that windows-1251 lacks, in
    themselves or in the names of their groups; in order."""
    is_beyond = Q(values_text__regex=_BEYOND)
    for column in ("surname", "given_name", "patronymic", "note"):
        is_beyond |= Q(**{f"{column}__regex": _BEYOND})
    groups = picked_groups(actor).filter(name__regex=_BEYOND)
    is_beyond |= Q(pk__in=Membership.objects.filter(group__in=groups).values("contact"))
    contacts = Contact.objects.filter(condition)
    found = contacts.alias(values_text=Cast("field_values", TextField())).filter(is_beyond)
    some = found.only("name", "phone", "search_key")[:most]
    return [str(contact) for contact in sorted(some, key=lambda one: (one.search_key, one.pk))]


def _own_cells(
    contact: Contact, fields: Sequence[ContactField], *, has_plus: bool
) -> list[str | date]:
    cells: list[str | date] = [getattr(contact, name) for name in _COLUMNS]
    cells[_PHONE] = _spelled(contact.phone, has_plus=has_plus)
    values = contact.field_values
    return [*cells, *(_value(field, values.get(str(field.pk), "")) for field in fields)]


def _value(field: ContactField, stored: str) -> str | date:
    if field.kind == FieldKind.DATE and (day := shown_date(stored)):
        return day
    return stored


def _spelled(phone: str, *, has_plus: bool) -> str:
    shown = display(phone) if phone else ""
    return shown if has_plus or not shown.startswith("+7 9") else shown[1:]
