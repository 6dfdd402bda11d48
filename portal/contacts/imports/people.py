"""A batch of good rows, made contacts."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from portal.contacts.imports.lines import (
    COLUMNS,
    is_numberless,
    phone_of,
    values,
    with_constants,
)
from portal.contacts.imports.own_ones import own_ones
from portal.contacts.imports.report import Report
from portal.contacts.models import Import
from portal.contacts.models.contact import LONGEST_NAME, SHARED, composed_name
from portal.contacts.search_words import lexemes, search_key
from portal.core.prepared import integers, numbers, rows, rows_planned_now

_CONSTANTS = ("organisation_id", "owner_id", "imported_by_id", "created_at", "changed_at")
_INTO = f"contacts_contact ({', '.join((*_CONSTANTS, *COLUMNS))})"
_NAME_PARTS = ("surname", "given_name", "patronymic")
_SAID = (*_NAME_PARTS, "note")
_NAME, _SEARCH_KEY = COLUMNS.index("name"), COLUMNS.index("search_key")
# Somebody may add the same numbers at the same time; each time they are known.
_MOST_TRIES = 20

_BY_NUMBER = """
    SELECT id FROM contacts_contact
     WHERE organisation_id = %(organisation)s AND shelf = %(shelf)s
       AND phone <> '' AND phone = ANY(%(keys)s::text[])
"""
_BY_NAME = """
    SELECT id FROM contacts_contact
     WHERE organisation_id = %(organisation)s AND shelf = %(shelf)s
       AND archived_at IS NULL AND phone = '' AND search_key = ANY(%(keys)s::text[])
"""
_THERE = """
    SELECT id, phone, surname, given_name, patronymic, name, note, field_values::text,
           archived_at IS NULL
      FROM contacts_contact
     WHERE id = ANY(%(ids)s::bigint[])
       AND organisation_id = %(organisation)s AND shelf = %(shelf)s
     ORDER BY id
"""
_LOCKED = f"{_THERE} FOR NO KEY UPDATE"
_CHANGED = """
    CREATE TEMPORARY TABLE changed_contact (
        id bigint, surname text, given_name text, patronymic text, name text, note text,
        field_values jsonb, search_key text, lexemes tsvector
    ) ON COMMIT DROP
"""
_REMEMBER = """
    INSERT INTO contacts_importbefore (source_id, contact_id, before)
    SELECT %(source)s, c.id, jsonb_build_object(
               'surname', c.surname, 'given_name', c.given_name, 'patronymic', c.patronymic,
               'name', c.name, 'note', c.note, 'field_values', c.field_values,
               'search_key', c.search_key, 'lexemes', c.lexemes::text,
               'changed_at', c.changed_at, 'written_at', %(now)s::timestamptz)
      FROM contacts_contact c JOIN changed_contact USING (id)
        ON CONFLICT DO NOTHING
"""
_CHANGE = """
    UPDATE contacts_contact c
       SET surname = n.surname, given_name = n.given_name, patronymic = n.patronymic,
           name = n.name, note = n.note, field_values = n.field_values,
           search_key = n.search_key, lexemes = n.lexemes, changed_at = %(now)s
      FROM changed_contact n WHERE c.id = n.id
"""
_LAST_MADE = """
    SELECT coalesce(max(id), 0) FROM contacts_contact WHERE imported_by_id = %(source)s
"""
_JOIN_NEW = """
    INSERT INTO contacts_membership (group_id, contact_id, imported_by_id)
    SELECT %(group)s, id, %(source)s FROM contacts_contact
     WHERE imported_by_id = %(source)s AND id > %(after)s
        ON CONFLICT DO NOTHING
"""
# Whom an earlier import had put in is nobody's to take out any more: two have asked for it.
_JOIN_KNOWN = """
    INSERT INTO contacts_membership AS m (group_id, contact_id, imported_by_id)
    SELECT %(group)s, id, %(source)s FROM contacts_contact
     WHERE id = ANY(%(ids)s::bigint[]) AND archived_at IS NULL ORDER BY id
        ON CONFLICT (group_id, contact_id) DO UPDATE SET imported_by_id = NULL
        WHERE m.imported_by_id <> excluded.imported_by_id
"""


class Known(NamedTuple):
    """A contact that is there already, locked. ``field_values``: as JSON."""

    id: int
    phone: str
    surname: str
    given_name: str
    patronymic: str
    name: str
    note: str
    field_values: str
    is_in_use: bool


class Changed(NamedTuple):
    """The same contact as a file has it, in the order of the table of changed ones."""

    id: int
    surname: str
    given_name: str
    patronymic: str
    name: str
    note: str
    field_values: str
    search_key: str
    lexemes: str


class People:
    """Writes an import's batches into its shelf and group, inside the step's transaction."""

    def __init__(self, source: Import) -> None:
        self._source = source
        self._shelf = {"organisation": source.organisation_id, "shelf": source.owner_id or SHARED}
        self._now = timezone.now()
        report = Report.from_dict(source.report)
        # Where the check found no number that was there before, none is looked for until the index
        # has refused one: that would be the half of the work again.
        self._expects_known = bool(report.known or report.archived)

    def write(self, lines: Sequence[bytes]) -> dict[str, int]:
        """How many were ``made``, ``changed``, ``left`` as they were, left in the archive, and left
        the author's ``own``."""
        for _ in range(_MOST_TRIES):
            try:
                # What a try has locked it lets go: the next one locks all in order again.
                with transaction.atomic():
                    known, own = self._known(lines), self._own(lines)
                    there = known.keys() | own.keys()
                    new = [line for line in lines if _key(line) not in there] if there else lines
                    self._make(new)
            except IntegrityError:
                self._expects_known = True
                continue
            self._join([one.id for one in known.values()], [*own.values()])
            return {"made": len(new), **self._meet(lines, known), "own": len(own)}
        raise RuntimeError("A batch met new contacts of its numbers at every try")

    def changes(self, lines: Sequence[bytes]) -> Iterator[tuple[Known, Changed]]:
        """Whom of those in use ``lines`` would change, and into what; nothing is locked or
        written."""
        known = self._known(lines, statement=_THERE)
        met = ((known[key], line) for line in lines if (key := _key(line)) in known)
        for one, line in met:
            changed = _change_of(one, line, self._source.organisation_id)
            if one.is_in_use and changed:
                yield one, changed

    def _known(self, lines: Sequence[bytes], *, statement: str = _LOCKED) -> dict[str, Known]:
        """By number, and by name those without one; locked in the order of their ids, as everybody
        locks contacts."""
        if not (found := self._found(lines)):
            return {}
        ids = integers(pk for (pk,) in found)
        there = [Known(*row) for row in rows_planned_now(statement, {**self._shelf, "ids": ids})]
        known = {one.phone or f"\t{one.name}": one for one in there if one.phone or one.is_in_use}
        return {key: known[key] for key in map(_key, lines) if key in known}

    def _found(self, lines: Sequence[bytes]) -> list[tuple[int]]:
        found: list[tuple[int]] = []
        if self._expects_known:
            phones = numbers(map(phone_of, lines))
            found += rows_planned_now(_BY_NUMBER, {**self._shelf, "keys": phones})
        numberless = [values(line) for line in filter(is_numberless, lines)]
        if numberless:
            keys = [row[_SEARCH_KEY] for row in numberless]
            found += rows_planned_now(_BY_NAME, {**self._shelf, "keys": keys})
        return found

    def _own(self, lines: Sequence[bytes]) -> dict[str, int]:
        numberless = [values(line) for line in filter(is_numberless, lines)]
        names = [(row[_NAME], row[_SEARCH_KEY]) for row in numberless]
        return own_ones(self._source, map(phone_of, lines), names)

    def _make(self, lines: Sequence[bytes]) -> None:
        source = self._source
        stamp = self._now.isoformat()
        constants = (source.organisation_id, source.owner_id, source.pk, stamp, stamp)
        last = rows(_LAST_MADE, {"source": source.pk})[0][0] if source.group_id else 0
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {_INTO} FROM STDIN") as copy,
        ):
            copy.write(with_constants(lines, constants))
        if source.group_id:
            rows(_JOIN_NEW, {"group": source.group_id, "source": source.pk, "after": last})

    def _meet(self, lines: Sequence[bytes], known: dict[str, Known]) -> dict[str, int]:
        """What the file says of those who are there already."""
        in_use = {key: one for key, one in known.items() if one.is_in_use}
        changed = 0
        if self._source.updates_known and in_use:
            met = ((in_use[key], line) for line in lines if (key := _key(line)) in in_use)
            changed = self._change(met)
        archived = len(known) - len(in_use)
        return {"changed": changed, "left": len(in_use) - changed, "archived": archived}

    def _join(self, known: Sequence[int], own: Sequence[int]) -> None:
        """A shared group has shared contacts alone."""
        group = self._source.group
        ids = known if group is None or group.owner_id is None else [*known, *own]
        if group is not None and ids:
            place = {"group": group.pk, "source": self._source.pk, "ids": integers(ids)}
            rows(_JOIN_KNOWN, place)

    def _change(self, met: Iterable[tuple[Known, bytes]]) -> int:
        organisation_id = self._source.organisation_id
        changes = [
            change for one, line in met if (change := _change_of(one, line, organisation_id))
        ]
        if changes:
            rows("DROP TABLE IF EXISTS pg_temp.changed_contact", {})
            rows(_CHANGED, {})
            with (
                connection.cursor() as cursor,
                cursor.copy("COPY changed_contact FROM STDIN") as copy,
            ):
                for change in changes:
                    copy.write_row(change)
            rows(_REMEMBER, {"source": self._source.pk, "now": self._now})
            rows(_CHANGE, {"now": self._now})
        return len(changes)


def _key(line: bytes) -> str:
    return phone_of(line) or f"\t{values(line)[_NAME]}"


def _change_of(known: Known, line: bytes, organisation_id: int) -> Changed | None:
    """The contact's new row, None where the file says nothing new. An empty cell says nothing."""
    row = dict(zip(COLUMNS, values(line), strict=True))
    said = {name: row[name] or getattr(known, name) for name in _SAID}
    values_before = json.loads(known.field_values)
    field_values = {**values_before, **json.loads(row["field_values"])}
    is_same = all(said[name] == getattr(known, name) for name in _SAID)
    if is_same and field_values == values_before:
        return None
    name = composed_name(**{part: said[part] for part in _NAME_PARTS})
    if len(name) > LONGEST_NAME:
        return None
    key = search_key(name)
    words = lexemes(organisation_id, key, field_values)
    return Changed(
        *(known.id, said["surname"], said["given_name"], said["patronymic"], name, said["note"]),
        *(json.dumps(field_values), key, words),
    )
