"""What a row says of a person, or why it cannot be imported."""

from collections.abc import Collection, Mapping, Sequence

from portal.contacts.names import parts_of
from portal.contacts.reading.faults import Fault, FaultCode, Repair
from portal.contacts.reading.limits import (
    LONGEST_NAME,
    LONGEST_NAME_PART,
    LONGEST_NOTE,
    LONGEST_REASON,
)
from portal.contacts.reading.meanings import Meaning
from portal.contacts.reading.phones import PhoneRead, read_phone
from portal.contacts.reading.usual import Columns, UsualRows
from portal.contacts.reading.values import read_value
from portal.contacts.reading.verdicts import Bad, Healthy
from portal.contacts.reading.wording import cleaned, control_fault
from portal.contacts.search_words import lexemes, search_key

_FIELD = "field:"
_PARTS = (Meaning.SURNAME, Meaning.GIVEN_NAME, Meaning.PATRONYMIC)
# As Excel shows them, in English and in Russian.
_CELL_ERRORS = frozenset(
    (
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"),
        *("#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ДЕЛ/0!", "#ИМЯ?", "#ПУСТО!", "#ЧИСЛО!"),
    )
)


class Doctor:
    """``meanings``: of the columns, in order. ``field_kinds``: text, date or number, by id.
    ``countries``: ISO 3166 codes that may be sent to. ``needs_phone``: for the stop list.

    Beside parts of a name, a full name counts where the row has none of them.
    """

    def __init__(
        self,
        meanings: Sequence[str],
        *,
        organisation_id: int,
        field_kinds: Mapping[int, str],
        countries: Collection[str],
        needs_phone: bool = False,
    ) -> None:
        places = {meaning: column for column, meaning in enumerate(meanings) if meaning}
        self._organisation_id = organisation_id
        self._countries = frozenset(countries)
        self._needs_phone = needs_phone
        self._columns = sorted(places.values())
        self._width = len(meanings)
        self._phone = places.get(Meaning.PHONE)
        self._full_name = places.get(Meaning.NAME)
        self._parts = [places.get(part) for part in _PARTS]
        self._note = places.get(Meaning.NOTE)
        self._reason = places.get(Meaning.REASON)
        self._fields = [
            (places[f"{_FIELD}{field_id}"], str(field_id), kind)
            for field_id, kind in field_kinds.items()
            if f"{_FIELD}{field_id}" in places
        ]
        self._usual = UsualRows(self._plan(), organisation_id=organisation_id)
        self._has_usual_rows = "RU" in self._countries

    def examine(self, cells: Sequence[str]) -> Healthy | Bad | None:
        """None for a row in which nothing is written. Of a row that has a fault of its own, nothing
        is to be asked here."""
        usual = self._usual.examine(cells) if self._has_usual_rows else None
        return usual or self.examine_closely(cells)

    def examine_closely(self, cells: Sequence[str]) -> Healthy | Bad | None:
        """The same, whatever is in the row."""
        if len(cells) < self._width:
            cells = [*cells, *[""] * (self._width - len(cells))]
        faults = self._errors(cells)
        phone, repairs = self._read_phone(cells, faults)
        surname, given_name, patronymic = self._names(cells, faults)
        name = " ".join([part for part in (surname, given_name, patronymic) if part])
        if len(name) > LONGEST_NAME and not faults:
            faults.append(Fault(FaultCode.TOO_LONG, self._name_column(), {"limit": LONGEST_NAME}))
        note = self._text(cells, self._note, LONGEST_NOTE, faults)
        reason = self._text(cells, self._reason, LONGEST_REASON, faults)
        values = self._field_values(cells, faults) if self._fields else {}
        if not faults and (self._needs_phone or not name) and not phone:
            if not any(map(str.strip, cells)):
                return None
            faults.append(Fault(FaultCode.NO_PHONE if self._needs_phone else FaultCode.NOBODY))
        if faults:
            return Bad(tuple(faults))
        key = search_key(name)
        words = lexemes(self._organisation_id, key, values)
        return Healthy(
            *(surname, given_name, patronymic, name, key, words),
            *(phone, note, reason, values, repairs),
        )

    def _plan(self) -> Columns:
        surname, given_name, patronymic = self._parts
        return Columns(
            width=self._width,
            phone=self._phone,
            full_name=self._full_name,
            parts=(surname, given_name, patronymic),
            note=self._note,
            reason=self._reason,
            fields=tuple(self._fields),
        )

    def _errors(self, cells: Sequence[str]) -> list[Fault]:
        return [
            Fault(FaultCode.CELL_ERROR, column, {"value": cells[column].strip()})
            for column in self._columns
            if is_cell_error(cells[column])
        ]

    def _read_phone(
        self, cells: Sequence[str], faults: list[Fault]
    ) -> tuple[str, tuple[Repair, ...]]:
        column = self._phone
        if column is None or (faults and _has_fault(faults, column)):
            return "", ()
        read = read_phone(cells[column], countries=self._countries)
        if isinstance(read, PhoneRead):
            return read
        faults.append(read._replace(column=column))
        return "", ()

    def _names(self, cells: Sequence[str], faults: list[Fault]) -> tuple[str, str, str]:
        surname, given_name, patronymic = [
            self._part(cells, column, faults) if column is not None else ""
            for column in self._parts
        ]
        if self._full_name is None or surname or given_name or patronymic:
            return surname, given_name, patronymic
        column = self._full_name
        text = cleaned(cells[column])
        parts = parts_of(text)
        if len(text) > LONGEST_NAME_PART and max(map(len, parts)) > LONGEST_NAME_PART:
            faults.append(Fault(FaultCode.TOO_LONG, column, {"limit": LONGEST_NAME_PART}))
        elif fault := control_fault(text):
            faults.append(fault._replace(column=column))
        return parts

    def _part(self, cells: Sequence[str], column: int, faults: list[Fault]) -> str:
        text = cleaned(cells[column])
        if len(text) > LONGEST_NAME_PART:
            faults.append(Fault(FaultCode.TOO_LONG, column, {"limit": LONGEST_NAME_PART}))
        elif fault := control_fault(text):
            faults.append(fault._replace(column=column))
        return text

    def _text(
        self, cells: Sequence[str], column: int | None, limit: int, faults: list[Fault]
    ) -> str:
        if column is None:
            return ""
        text = cells[column].strip()
        if len(text) > limit:
            faults.append(Fault(FaultCode.TOO_LONG, column, {"limit": limit}))
        elif fault := control_fault(text):
            faults.append(fault._replace(column=column))
        return text

    def _field_values(self, cells: Sequence[str], faults: list[Fault]) -> dict[str, str]:
        values: dict[str, str] = {}
        for column, field_id, kind in self._fields:
            value = read_value(kind, cells[column])
            if isinstance(value, Fault):
                faults.append(value._replace(column=column))
            elif value:
                values[field_id] = value
        return values

    def _name_column(self) -> int | None:
        columns = [self._full_name, *self._parts]
        return next((column for column in columns if column is not None), None)


def is_cell_error(cell: str) -> bool:
    """Whether it is what Excel shows where a formula failed, as #N/A."""
    return cell[:1] == "#" and cell.strip().upper() in _CELL_ERRORS


def _has_fault(faults: Sequence[Fault], column: int) -> bool:
    return any(fault.column == column for fault in faults)
