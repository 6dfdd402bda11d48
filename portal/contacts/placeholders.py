"""What texts of messages can call of a contact: its name and number, and the organisation's own
fields.

Names of placeholders are compared as ``sms.placeholders.fold_name`` makes them. A field that is
called like something every contact has would be unreachable; none can be made any more
(``fields/names.py``), and of older ones the contact's own part goes first.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.contacts.models import Contact, FieldKind
from sms.placeholder_filters import as_date
from sms.placeholders import fold_name

# A row of the columns below.
Row = Mapping[str, Any]
_NAME_COLUMNS = ("name", "surname", "given_name", "patronymic")


@dataclass(frozen=True)
class Placeholder:
    """``names``: every way to write it, that of the reader's language first. ``read``: what a row
    of a contact's columns says of it, as texts show it, "" for nothing. ``sample``: a value for who
    looks at a text before it goes to anybody. ``is_field``: one of the organisation's own."""

    names: tuple[str, ...]
    kind: str
    sample: str
    read: Callable[[Row], str]
    is_field: bool = False

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"{{{self.name}}}"


@dataclass(frozen=True)
class Placeholders:
    """All of an organisation: what every contact has, then its own fields in their order."""

    every: tuple[Placeholder, ...]

    def __iter__(self) -> Iterator[Placeholder]:
        return iter(self.every)

    @property
    def names(self) -> list[str]:
        """Every way to write any of them."""
        return [name for placeholder in self.every for name in placeholder.names]

    @cached_property
    def by_name(self) -> Mapping[str, Placeholder]:
        """By folded names; of several of one name the first."""
        found: dict[str, Placeholder] = {}
        for placeholder in self.every:
            for name in placeholder.names:
                found.setdefault(fold_name(name), placeholder)
        return found

    def samples(self) -> dict[str, str]:
        return {name: placeholder.sample for name, placeholder in self.by_name.items()}


@dataclass(frozen=True)
class _BuiltIn:
    russian: str
    english: str
    columns: tuple[str, ...]
    sample: str | Promise
    aliases: tuple[str, ...] = ()

    def placeholder(self) -> Placeholder:
        return Placeholder(
            names=(*_readers_first(self.russian, self.english), *self.aliases),
            kind=FieldKind.TEXT,
            sample=str(self.sample),
            read=self.read,
        )

    def read(self, row: Row) -> str:
        return " ".join(row[column] for column in self.columns if row[column])


def _phone(row: Row) -> str:
    return f"+{row['phone']}" if row["phone"] else ""


_BUILT_IN = (
    _BuiltIn(
        "имя",
        "name",
        ("given_name",),
        pgettext_lazy("sample of a contact’s value", "Anna"),
        ("first name", "given name"),
    ),
    _BuiltIn(
        "отчество",
        "patronymic",
        ("patronymic",),
        pgettext_lazy("sample of a contact’s value", "Petrovna"),
        ("middle name",),
    ),
    _BuiltIn(
        "фамилия",
        "surname",
        ("surname",),
        pgettext_lazy("sample of a contact’s value", "Ivanova"),
        ("last name", "family name"),
    ),
    _BuiltIn(
        "имя отчество",
        "name and patronymic",
        ("given_name", "patronymic"),
        pgettext_lazy("sample of a contact’s value", "Anna Petrovna"),
    ),
    _BuiltIn(
        "ФИО",
        "full name",
        ("name",),
        pgettext_lazy("sample of a contact’s value", "Ivanova Anna Petrovna"),
        ("полное имя",),
    ),
)
_SAMPLES = {FieldKind.DATE.value: "2026-11-24", FieldKind.NUMBER.value: "1234.5"}


def built_in() -> tuple[Placeholder, ...]:
    """What every contact has, named in the reader's language first."""
    names = _readers_first("телефон", "phone")
    phone = Placeholder(names, FieldKind.TEXT, "+79161234567", _phone)
    return (*(one.placeholder() for one in _BUILT_IN), phone)


def placeholders_of(organisation: Organisation) -> Placeholders:
    """One query."""
    fields = organisation.contact_fields.all()
    return Placeholders(
        (*built_in(), *(_of_field(field.pk, field.name, field.kind) for field in fields))
    )


def values_by_id(
    member: User, ids: Collection[int], *, placeholders: Placeholders, names: Iterable[str]
) -> dict[int, dict[str, str]]:
    """Of contacts in use that the member sees: by id, what there is for the folded ``names``. One
    query; ask for some thousand at a time."""
    readers = _readers(placeholders, names)
    contacts = Contact.objects.visible_to(member).in_use().filter(pk__in=ids)
    return {row["pk"]: _values(row, readers) for row in contacts.values("pk", *_columns(readers))}


def values_by_phone(
    member: User, phones: Collection[str], *, placeholders: Placeholders, names: Iterable[str]
) -> dict[str, dict[str, str]]:
    """By number, as ``values_by_id``. The member's own contact hides the shared one of the same
    number, whatever either says: two people's values are never mixed. A number without a contact
    has no value but itself."""
    readers = _readers(placeholders, names)
    contacts = Contact.objects.visible_to(member).in_use().filter(phone__in=phones)
    # In order by hand: a cursor's plan would walk all of a shelf to have it early.
    found = sorted(contacts.values("shelf", *_columns(readers)), key=itemgetter("shelf"))
    rows = {row["phone"]: row for row in found}
    return {phone: _values(rows.get(phone) or _nobody(phone), readers) for phone in phones}


def shown_in_texts(kind: str, stored: str) -> str:
    """A field's value as texts show it without a filter: 24.11.2026 and 1234,5, as people in Russia
    write them, whichever language the author reads the portal in. Digits are not grouped, for a
    number may be that of a contract."""
    if kind == FieldKind.DATE:
        return as_date(stored) or stored
    if kind == FieldKind.NUMBER:
        return stored.replace(".", ",")
    return stored


def _readers_first(russian: str, english: str) -> tuple[str, str]:
    is_english = (get_language() or settings.LANGUAGE_CODE).startswith("en")
    return (english, russian) if is_english else (russian, english)


def _of_field(field_id: int, name: str, kind: str) -> Placeholder:
    key = str(field_id)

    def read(row: Row) -> str:
        return shown_in_texts(kind, row["field_values"].get(key, ""))

    sample = shown_in_texts(kind, _SAMPLES.get(kind, name))
    return Placeholder((name,), kind, sample, read, is_field=True)


def _readers(placeholders: Placeholders, names: Iterable[str]) -> dict[str, Placeholder]:
    known = placeholders.by_name
    return {name: known[name] for name in names if name in known}


def _columns(readers: Mapping[str, Placeholder]) -> list[str]:
    has_fields = any(reader.is_field for reader in readers.values())
    return ["phone", *_NAME_COLUMNS, *(["field_values"] if has_fields else [])]


def _values(row: Row, readers: Mapping[str, Placeholder]) -> dict[str, str]:
    values = {name: reader.read(row) for name, reader in readers.items()}
    return {name: value for name, value in values.items() if value}


def _nobody(phone: str) -> Row:
    return {"phone": phone, **dict.fromkeys(_NAME_COLUMNS, ""), "field_values": {}}
