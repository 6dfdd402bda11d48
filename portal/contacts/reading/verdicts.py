"""What comes of a row's examination."""

from typing import NamedTuple

from portal.contacts.reading.faults import Fault, Repair


class Healthy(NamedTuple):
    """As a contact keeps it. ``phone``: E.164 digits, "" for none. ``field_values``: by id, without
    the empty ones."""

    surname: str
    given_name: str
    patronymic: str
    name: str
    search_key: str
    lexemes: str
    phone: str
    note: str
    reason: str
    field_values: dict[str, str]
    repairs: tuple[Repair, ...]


class Bad(NamedTuple):
    """Every fault of the row."""

    faults: tuple[Fault, ...]
