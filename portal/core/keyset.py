"""Pages of a growing list by where the last one ended: page 2,000 costs what page 2 does."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Field, Func, Model, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan, LessThan

M = TypeVar("M", bound=Model)
Q = TypeVar("Q", bound="QuerySet[Any]")


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """``next_cursor`` is None on the last page."""

    items: list[M]
    next_cursor: str | None
    is_first: bool


class _Row(Func):
    """``(a, b)``; PostgreSQL compares rows from the left, as an index orders them."""

    template = "(%(expressions)s)"
    output_field = TextField()


@dataclass(frozen=True)
class Keyset:
    """An order by ``fields``, columns of ``model`` without NULL, unique together, that all ascend
    or all descend (``-id``); anything else raises ValueError. A place in it is the
    fields of a row as texts."""

    model: type[Model]
    fields: tuple[str, ...]

    NO_PLACE: ClassVar = (ValidationError, TypeError, ValueError)

    def __post_init__(self) -> None:
        if len({name.startswith("-") for name in self.fields}) != 1:
            raise ValueError("A keyset has one or more fields, all of one direction")

    @cached_property
    def columns(self) -> "list[Field[Any, Any]]":
        return [_column(self.model, name.removeprefix("-")) for name in self.fields]

    @cached_property
    def is_descending(self) -> bool:
        return self.fields[0].startswith("-")

    def place(self, item: Model) -> list[str]:
        return [column.value_to_string(item) for column in self.columns]

    def key(self, item: Model) -> tuple[Any, ...]:
        """As Python sorts what PostgreSQL does: of numbers, times, and texts of collation C."""
        values = (getattr(item, column.attname) for column in self.columns)
        return tuple(value.encode() if isinstance(value, str) else value for value in values)

    def beyond(self, rows: Q, place: Sequence[str]) -> Q:
        """Raises one of ``NO_PLACE`` where ``place`` is none of this order."""
        pairs = zip(place, self.columns, strict=True)
        last = _Row(*(Value(column.to_python(text), output_field=column) for text, column in pairs))
        comparison = LessThan if self.is_descending else GreaterThan
        return rows.filter(comparison(self._row, last))

    def walked(self, rows: Q) -> Q:
        """In order, as an index of the fields has them."""
        return rows.order_by(*self.fields)

    def sorted(self, rows: Q) -> Q:
        """In order, but never along an index of the fields: for filters whose few matches
        PostgreSQL takes for many."""
        return rows.order_by(self._row.desc() if self.is_descending else self._row.asc())

    @property
    def _row(self) -> _Row:
        return _Row(*(F(column.attname) for column in self.columns))


def keyset_page(
    queryset: QuerySet[M],
    *,
    cursor: str | None,
    fields: Sequence[str] = ("search_key", "id"),
    size: int = 50,
) -> KeysetPage[M]:
    """The ``size`` rows after ``cursor`` in the order of ``fields``, as ``Keyset`` takes them.

    A cursor that is broken, or of another list, gives the first page.
    """
    keyset = Keyset(queryset.model, tuple(fields))
    salt = f"keyset:{queryset.model._meta.label}:{','.join(fields)}"
    rows = keyset.walked(queryset)
    after = None
    with suppress(signing.BadSignature, *Keyset.NO_PLACE):
        after = keyset.beyond(rows, signing.loads(cursor or "", salt=salt))
    items = list((rows if after is None else after)[: size + 1])
    more = len(items) > size
    return KeysetPage(
        items=items[:size],
        next_cursor=signing.dumps(keyset.place(items[size - 1]), salt=salt) if more else None,
        is_first=after is None,
    )


def _column(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise ValueError(f"{name} is no column that a list could be ordered by")
    return field
