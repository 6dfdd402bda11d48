"""The first few in an order, where nobody knows whether many fit or hardly any.

Where many fit, it is quickest to go along the index of the order and look at each row; where hardly
any do, to take them from an index of what is looked for, and sort. PostgreSQL would guess which; a
walk of bounded length finds out.
"""

from typing import Any, TypeVar

from django.db import connection
from django.db.models import Case, Exists, Model, Q, QuerySet, Subquery, Value, When
from django.db.models.lookups import IsNull

from portal.core.keyset import Keyset

M = TypeVar("M", bound=Model)


def first_fitting(
    rows: QuerySet[M],
    keyset: Keyset,
    *,
    fits: Q,
    fits_by_index: Q,
    most: int,
    longest_walk: int,
) -> list[M]:
    """The first ``most`` of ``rows`` that fit, in the order of ``keyset``, which an index has.

    ``fits`` is what a walk asks of each row, ``fits_by_index`` the same in words that an index
    serves. No walk at all: ``longest_walk`` 0.
    """
    if not fits:
        return list(keyset.walked(rows)[:most])
    found, is_all = _walked(rows, keyset, fits, most, longest_walk) if longest_walk else ([], False)
    if not is_all:
        return list(keyset.sorted(rows.filter(fits_by_index))[:most])
    by_id = rows.model._default_manager.in_bulk(found)
    return [by_id[pk] for pk in found if pk in by_id]


def there_is(others: QuerySet[Any], *, probes: bool) -> Q:
    """Whether any of ``others``, which refer to the row, is there. ``probes``: looked up for each
    row by itself; PostgreSQL may otherwise gather all of them first, for a few rows as for many."""
    if not probes:
        return Q(Exists(others))
    return Q(IsNull(Subquery(others.values("pk")[:1]), False))


def _walked(
    rows: QuerySet[Any], keyset: Keyset, fits: Q, most: int, longest_walk: int
) -> tuple[list[int], bool]:
    """The ids that a walk finds, and whether no more of them are to be found or wanted."""
    fitting = Case(When(fits, then=Value(True)), default=Value(False))
    names = [name.removeprefix("-") for name in keyset.fields]
    seen = keyset.walked(rows).annotate(fits=fitting).values(*names, "fits")[:longest_walk]
    walk, parameters = seen.query.sql_with_params()
    # The walk's last row, where it was cut short, stands for what may lie behind. Rows come as they
    # are walked: told to sort them, PostgreSQL would walk to the end.
    statement = f"""
        SELECT id, fits, walked FROM (
            SELECT walk.*, row_number() OVER () AS walked FROM ({walk}) AS walk
        ) AS numbered
        WHERE fits OR walked = {longest_walk:d} LIMIT {most:d}
    """  # noqa: S608  # Django's SQL and numbers
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        met = cursor.fetchall()
    found = [pk for pk, does_fit, _number in met if does_fit]
    is_cut = any(number == longest_walk for _pk, _does_fit, number in met)
    return found, len(found) == most or not is_cut
