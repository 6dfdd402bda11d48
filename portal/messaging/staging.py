"""An audience longer than memory, laid out in a temporary table for one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import Any

from django.db import connection, transaction

from portal.accounts.models import Organisation
from portal.contacts.models import Contact
from portal.core.copying import copy_rows
from portal.messaging.audience import MOST_LISTED, MOST_NAMED, Addressees, Audience
from portal.messaging.picked import PickedAudience
from sms.phone import RefusedNumber, read_pieces

_TABLE = "pg_temp.messaging_audience"
_PART = 5000
_MAKE = """
    CREATE TEMPORARY TABLE messaging_audience
           (position integer NOT NULL, phone varchar(15) NOT NULL) ON COMMIT DROP
"""
# First mention wins. The sort of a million numbers fits into this much memory of the server.
_MERGE = f"""
    SET LOCAL work_mem = '64MB';
    DELETE FROM {_TABLE} AS a
     USING (SELECT phone, min(position) AS first FROM {_TABLE}
             GROUP BY phone HAVING count(*) > 1) AS repeated
     WHERE a.phone = repeated.phone AND a.position > repeated.first;
    ALTER TABLE {_TABLE} ADD PRIMARY KEY (position);
    ANALYZE {_TABLE}
"""  # noqa: S608 - no value is formatted in
_PAGE = f"""
    SELECT position, phone FROM {_TABLE}
     WHERE position > %(after)s ORDER BY position LIMIT {_PART}
"""  # noqa: S608
_PHONES = f"""
    SELECT max(position), string_agg(phone, ',' ORDER BY position) FROM ({_PAGE}) AS page
"""  # noqa: S608
# No join: it would read all contacts anew for every page.
_NAMED = f"""
    SELECT position, phone, coalesce(
           (SELECT name FROM contacts_contact c
             WHERE c.organisation_id = %(organisation)s AND c.phone = page.phone), '')
      FROM ({_PAGE}) AS page
     ORDER BY position
"""  # noqa: S608


@dataclass
class Refusals:
    """The first pieces that are no numbers, and how many there were."""

    first: list[RefusedNumber] = field(default_factory=list)
    count: int = 0

    def numbers_among(self, pieces: Iterable[str | RefusedNumber]) -> Iterator[str]:
        """Passes numbers on and keeps the others."""
        for piece in pieces:
            if not isinstance(piece, RefusedNumber):
                yield piece
                continue
            self.count += 1
            if len(self.first) < MOST_NAMED:
                self.first.append(piece)


class StagedAudience:
    """Addressees in the temporary table; names are those of the organisation's contacts."""

    def __init__(
        self, organisation_id: int, *, count: int, merged: int, refusals: Refusals
    ) -> None:
        self.merged = merged
        self.refused: Sequence[RefusedNumber] = refusals.first
        self.refused_count = refusals.count
        self._organisation_id = organisation_id
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[str, str]]:
        last = 0
        while page := _fetch(_NAMED, after=last, organisation=self._organisation_id):
            yield from ((phone, name) for _position, phone, name in page)
            last = page[-1][0]

    def phones(self) -> Iterator[str]:
        last = 0
        while (page := _fetch(_PHONES, after=last)[0])[0] is not None:
            yield from page[1].split(",")
            last = page[0]


@contextmanager
def numbers_read(organisation: Organisation, texts: Iterable[str]) -> Iterator[Addressees]:
    """Addressees written in ``texts``, which are read once and never all in memory.

    No number may be cut between two texts.
    """
    refusals = Refusals()
    countries = organisation.allowed_countries
    pieces = (piece for text in texts for piece in read_pieces(text, countries=countries))
    mentions = refusals.numbers_among(pieces)
    first = list(islice(mentions, MOST_LISTED + 1))
    if len(first) > MOST_LISTED:
        with _staged(organisation.pk, chain(first, mentions), refusals) as staged:
            yield staged
        return
    numbers = tuple(dict.fromkeys(first))
    known = Contact.objects.of(organisation).filter(phone__in=numbers)
    yield Audience(
        numbers,
        merged=len(first) - len(numbers),
        refused=tuple(refusals.first),
        names=dict(known.values_list("phone", "name")),
    )


@contextmanager
def fixed(audience: Addressees) -> Iterator[Addressees]:
    """The same audience, which stays as it is until the end, whatever happens to the groups."""
    if not isinstance(audience, PickedAudience):
        yield audience
        return
    refusals = Refusals(list(audience.refused), audience.refused_count)
    with _staged(audience.organisation_id, audience.phones(), refusals) as staged:
        yield staged


@contextmanager
def _staged(
    organisation_id: int, mentions: Iterator[str], refusals: Refusals
) -> Iterator[StagedAudience]:
    with transaction.atomic():
        _execute(_MAKE)
        mentioned = _stage(mentions)
        _execute(_MERGE)
        [[unique]] = _fetch(f"SELECT count(*) FROM {_TABLE}")  # noqa: S608
        yield StagedAudience(
            organisation_id, count=unique, merged=mentioned - unique, refusals=refusals
        )
        _execute(f"DROP TABLE {_TABLE}")


def _stage(mentions: Iterator[str]) -> int:
    """Copies in parts, since the mentions may come from this very connection; how many."""
    numbered = zip(count(1), mentions, strict=False)
    position = 0
    while part := list(islice(numbered, _PART)):
        copy_rows(f"{_TABLE} (position, phone)", part)
        position = part[-1][0]
    return position


def _execute(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements)


def _fetch(statement: str, **parameters: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
