"""An audience longer than memory, laid out in a temporary table for one transaction.

What comes from the contacts goes there within the database; numbers of a file are copied in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from portal.accounts.models import User
from portal.contacts.stop_list.reads import STOPS_IN_ALL
from portal.core.copying import copy_rows
from portal.delivery.skips import SkippedNumber
from portal.messaging.audience import Refusals, reach_with_names, skipped_because
from portal.messaging.picked import Source
from portal.messaging.reach import MOST_NAMED, Named, Part, Reach
from sms.phone import RefusedNumber

_TABLE = "pg_temp.messaging_audience"
_PART = 5000
# ``name``: of a shared contact, NULL where it is yet to be looked up. ``contact_id``: of who has no
# number. The sort of a million numbers fits into this much memory of the server.
_MAKE = """
    SET LOCAL work_mem = '64MB';
    CREATE TEMPORARY TABLE messaging_audience
           (position integer NOT NULL, phone varchar(15) COLLATE "C" NOT NULL, name varchar(150),
            contact_id bigint, stop_reason varchar(200), is_platform_stop boolean)
        ON COMMIT DROP
"""
_ADD = """
    INSERT INTO {table} (position, phone, name, contact_id)
    SELECT %s + row_number() OVER (ORDER BY id), phone,
           CASE WHEN owner IS NULL OR phone = '' THEN name END,
           CASE WHEN phone = '' THEN id END
      FROM ({contacts}) AS source (id, phone, name, owner)
"""
# Each of these takes rows out of what is left, and tells how many and the first of them.
_TAKE_NUMBERLESS = f"""
    WITH gone AS (DELETE FROM {_TABLE} WHERE phone = '' RETURNING position, name, contact_id)
    SELECT '', name, '', count(*) OVER (), sum(count(*)) OVER ()
      FROM gone GROUP BY contact_id, name ORDER BY min(position) LIMIT {MOST_NAMED}
"""  # noqa: S608 - no value is formatted in
# First mention wins.
_TAKE_REPEATS = f"""
    WITH gone AS (
        DELETE FROM {_TABLE} AS a
         USING (SELECT phone, min(position) AS first FROM {_TABLE}
                 GROUP BY phone HAVING count(*) > 1) AS repeated
         WHERE a.phone = repeated.phone AND a.position > repeated.first
        RETURNING a.position, a.phone)
    SELECT phone, '', '', count(*) OVER () FROM gone ORDER BY position LIMIT {MOST_NAMED}
"""  # noqa: S608
_INDEX = f"ALTER TABLE {_TABLE} ADD PRIMARY KEY (position); ANALYZE {_TABLE}"
_MARK_STOPPED = f"""
    WITH stopped AS (
        UPDATE {_TABLE} AS a
           SET stop_reason = stops.reason, is_platform_stop = stops.is_platform_wide
          FROM ({STOPS_IN_ALL}) AS stops
         WHERE a.phone = stops.phone
        RETURNING a.position, a.phone, a.stop_reason)
    SELECT phone, '', stop_reason, count(*) OVER ()
      FROM stopped ORDER BY position LIMIT {MOST_NAMED}
"""  # noqa: S608
_PAGE = f"""
    SELECT position, phone, name, stop_reason, is_platform_stop FROM {_TABLE}
     WHERE position > %(after)s AND {{which}} ORDER BY position LIMIT {_PART}
"""  # noqa: S608
_SENT, _STOPPED, _ALL = "stop_reason IS NULL", "stop_reason IS NOT NULL", "TRUE"
_PHONES = """
    SELECT max(position), string_agg(phone, ',' ORDER BY position) FROM ({page}) AS page
"""
# No join: it would read all contacts anew for every page.
_NAMED = """
    SELECT position, phone, coalesce(name,
           (SELECT name FROM contacts_contact c
             WHERE c.organisation_id = %(organisation)s AND c.shelf = 0 AND c.phone = page.phone
               AND c.archived_at IS NULL), ''),
           stop_reason, is_platform_stop
      FROM ({page}) AS page
     ORDER BY position
"""


class StagedAudience:
    """An audience in the temporary table."""

    def __init__(
        self, organisation_id: int, reach: Reach, refused: Sequence[RefusedNumber]
    ) -> None:
        self.reach = reach
        self.refused = refused
        self._organisation_id = organisation_id

    def __len__(self) -> int:
        return self.reach.reached.count

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((row[1], row[2]) for page in self._pages(_SENT) for row in page)

    def phones(self) -> Iterator[str]:
        return _phones(_SENT)

    def asked_for(self) -> Iterator[str]:
        return _phones(_ALL)

    def skipped(self) -> Iterator[SkippedNumber]:
        if not self.reach.stopped.count:
            return
        for page in self._pages(_STOPPED):
            for _position, phone, name, reason, is_platform_stop in page:
                yield phone, name, skipped_because(is_platform_wide=is_platform_stop), reason

    def _pages(self, which: str) -> Iterator[list[tuple[Any, ...]]]:
        statement = _NAMED.format(page=_PAGE.format(which=which))
        last = 0
        while page := _fetch(statement, {"after": last, "organisation": self._organisation_id}):
            yield page
            last = page[-1][0]


@contextmanager
def staged(
    member: User, numbers: Iterator[str], found: Iterable[Source], *, refusals: Refusals
) -> Iterator[StagedAudience]:
    """``numbers`` first, then who is in ``found``. ``refusals`` is complete once the numbers have
    been read, which is at once."""
    assert member.organisation_id is not None, "who may send is a member"
    with transaction.atomic():
        _execute(_MAKE)
        reach = _laid_out(member.organisation_id, numbers, found, refusals)
        yield StagedAudience(
            member.organisation_id, reach_with_names(member, reach), refusals.first
        )
        _execute(f"DROP TABLE {_TABLE}")


def _laid_out(
    organisation_id: int, numbers: Iterator[str], found: Iterable[Source], refusals: Refusals
) -> Reach:
    typed = _copy(numbers)
    position = typed
    for source in found:
        position += _add(source, after=position)
    mentions_without, without = _numberless() if position > typed else (0, Part())
    repeats = _taken(_TAKE_REPEATS)
    _execute(_INDEX)
    stopped = _taken(_MARK_STOPPED, {"organisation": organisation_id})
    first = [Named(phone) for phone in islice(_phones(_SENT), MOST_NAMED)]
    repeats_in_all = repeats.count + mentions_without - without.count
    reached = position - repeats.count - mentions_without - stopped.count
    return Reach(
        reached=Part(reached, tuple(first)),
        duplicates=Part(repeats_in_all, repeats.first),
        stopped=stopped,
        without_number=without,
        refused=refusals.count,
    )


def _copy(numbers: Iterator[str]) -> int:
    """How many they were."""
    numbered = zip(count(1), numbers, strict=False)
    position = 0
    while part := list(islice(numbered, _PART)):
        copy_rows(f"{_TABLE} (position, phone)", part)
        position = part[-1][0]
    return position


def _add(source: Source, *, after: int) -> int:
    """How many they were."""
    columns = source.contacts.values_list("pk", "phone", "name", "owner")
    try:
        contacts, parameters = columns.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(table=_TABLE, contacts=contacts), [after, *parameters])
        return int(cursor.rowcount)


def _numberless() -> tuple[int, Part]:
    """How many mentions, and who."""
    taken = _fetch(_TAKE_NUMBERLESS)
    return (int(taken[0][4]) if taken else 0), _part(taken)


def _taken(statement: str, parameters: Mapping[str, int] | None = None) -> Part:
    return _part(_fetch(statement, parameters))


def _part(taken: list[tuple[Any, ...]]) -> Part:
    """Rows of number, name, note and how many there are in all."""
    first = tuple(Named(phone, name, note) for phone, name, note, *_counts in taken)
    return Part(taken[0][3] if taken else 0, first)


def _phones(which: str) -> Iterator[str]:
    statement = _PHONES.format(page=_PAGE.format(which=which))
    last = 0
    while (page := _fetch(statement, {"after": last})[0])[0] is not None:
        yield from page[1].split(",")
        last = page[0]


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)


def _fetch(statement: str, parameters: Mapping[str, int] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
