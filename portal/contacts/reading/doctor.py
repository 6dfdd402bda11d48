"""What a row says of a person, or why it cannot be imported."""

from collections.abc import Collection, Mapping, Sequence
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


class Doctor:
    """``meanings``: of the columns, in order. ``field_kinds``: text, date or number, by id.
    ``countries``: ISO 3166 codes that may be sent to. ``needs_phone``: for the stop list."""

    def __init__(
        self,
        meanings: Sequence[str],
        *,
        organisation_id: int,
        field_kinds: Mapping[int, str],
        countries: Collection[str],
        needs_phone: bool = False,
    ) -> None:
        raise NotImplementedError

    def examine(self, cells: Sequence[str]) -> Healthy | Bad | None:
        """None for a row in which nothing is written. Of a row that has a fault of its own, nothing
        is to be asked here."""
        raise NotImplementedError
