"""Values of an organisation's own fields: why they are refused, and how they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.contacts.fields.values import ValueFault, ValueRefused, shown_date
from portal.contacts.models import Contact, ContactField, FieldKind

_WORDS: Mapping[ValueFault, str | Promise] = {
    ValueFault.TOO_LONG: _("Write at most %(limit)s characters."),
    ValueFault.NOT_A_DATE: _("Write a date, for example 24.11.1986."),
    ValueFault.NOT_A_NUMBER: _("Write a number, for example 1200 or 12.5."),
}


@dataclass(frozen=True)
class ShownValue:
    name: str
    value: str


def explain_value(refusal: ValueRefused) -> str:
    return str(_WORDS[refusal.code]) % refusal.data


def shown_value(kind: str, stored: str) -> str:
    """As the reader's language writes it."""
    if kind == FieldKind.DATE and (day := shown_date(stored)):
        return str(formats.date_format(day, "SHORT_DATE_FORMAT"))
    if kind == FieldKind.NUMBER:
        return stored.replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))
    return stored


def shown_values(contact: Contact, fields: Iterable[ContactField]) -> list[ShownValue]:
    """What the contact has in ``fields``, in their order; a deleted field's value is nowhere."""
    values = contact.field_values
    return [
        ShownValue(field.name, shown_value(field.kind, values[str(field.pk)]))
        for field in fields
        if str(field.pk) in values
    ]
