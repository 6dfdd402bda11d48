"""Pages of a growing list by where the last one ended: page 2,000 costs what page 2 does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Field, Func, Model, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan, LessThan

M = TypeVar("M", bound=Model)


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


def keyset_page(
    queryset: QuerySet[M],
    *,
    cursor: str | None,
    fields: Sequence[str] = ("search_key", "id"),
    size: int = 50,
    sorts: bool = False,
) -> KeysetPage[M]:
    """The ``size`` rows after ``cursor`` in the order of ``fields``, columns of the model.

    ``fields`` hold no NULL, are unique together, and all ascend or all descend (``-id``); anything
    else raises ValueError. A cursor that is broken, or of another list, gives the first page.

    By default PostgreSQL may walk an index of ``fields`` and stop after ``size`` rows. ``sorts``
    keeps it from that, for filters whose few matches it takes for many.
    """
    descending = {name.startswith("-") for name in fields}
    if len(descending) != 1:
        raise ValueError("A keyset has one or more fields, all of one direction")
    columns = [_column(queryset.model, name.removeprefix("-")) for name in fields]
    salt = f"keyset:{queryset.model._meta.label}:{','.join(fields)}"
    after = _values(cursor, columns, salt)
    row = _Row(*(F(column.attname) for column in columns))
    is_descending = descending.pop()
    if sorts:
        rows = queryset.order_by(row.desc() if is_descending else row.asc())
    else:
        rows = queryset.order_by(*fields)
    if after is not None:
        last = _Row(*(Value(value, output_field=column) for value, column in after))
        comparison = LessThan if is_descending else GreaterThan
        rows = rows.filter(comparison(row, last))
    items = list(rows[: size + 1])
    more = len(items) > size
    return KeysetPage(
        items=items[:size],
        next_cursor=_cursor(items[size - 1], columns, salt) if more else None,
        is_first=after is None,
    )


def _column(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise ValueError(f"{name} is no column that a list could be ordered by")
    return field


def _cursor(item: Model, columns: "Sequence[Field[Any, Any]]", salt: str) -> str:
    return signing.dumps([column.value_to_string(item) for column in columns], salt=salt)


def _values(
    cursor: str | None, columns: "Sequence[Field[Any, Any]]", salt: str
) -> "list[tuple[Any, Field[Any, Any]]] | None":
    """The row that the cursor names, column by column; None where it names none."""
    try:
        texts = signing.loads(cursor or "", salt=salt)
        pairs = zip(texts, columns, strict=True)
        return [(column.to_python(text), column) for text, column in pairs]
    except (signing.BadSignature, ValidationError, TypeError, ValueError):
        return None
