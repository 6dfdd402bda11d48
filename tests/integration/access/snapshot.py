"""What the database holds, as one comparable value."""

from collections.abc import Collection
from operator import itemgetter

from django.apps import apps
from django.db import connection, models
from django.utils.functional import SimpleLazyObject

# Differ between two runs of the same POST.
VOLATILE = (
    "id",
    "hash",
    "previous_hash",
    "last_hash",
    "password",
    "sms_password",
    "object_id",
    "object_label",
    "details",
    "reference",
)


def _tables() -> list[type[models.Model]]:
    shown = apps.get_models(include_auto_created=True)
    return [model for model in shown if model.__module__.startswith("portal.")]


TABLES: Collection[type[models.Model]] = SimpleLazyObject(_tables)  # type: ignore[assignment]


def snapshot(organisation_id: int | None = None) -> list[tuple[str, str]]:
    """A checksum of each table's rows; with an organisation of its own rows alone."""
    return _checksums("t::text", organisation_id)


def meaning() -> list[tuple[str, str]]:
    """As ``snapshot``, without ids, times and random values."""
    row = "(to_jsonb(t) - %(volatile)s::text[])::text"
    return _checksums(row, None)


def _checksums(row: str, organisation_id: int | None) -> list[tuple[str, str]]:
    selects = [
        f"SELECT '{model._meta.db_table}', md5(string_agg({row}, '' ORDER BY {row}))"
        f" FROM {model._meta.db_table} t"
        + (" WHERE organisation_id = %(organisation)s" if organisation_id else "")
        for model in TABLES
        if not organisation_id or hasattr(model, "organisation_id")
    ]
    volatile = [*VOLATILE, *_times_and_new_ids()]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(selects), {"organisation": organisation_id, "volatile": volatile}
        )
        # So many tables may be read in parallel, and then come in any order.
        return sorted(cursor.fetchall(), key=itemgetter(0))


def _times_and_new_ids() -> list[str]:
    names = {"message_id", "envelope_id", "replaces_id", "resend_of_id", "source_id", "sheet_id"}
    for model in TABLES:
        names |= {one.column for one in model._meta.fields if isinstance(one, models.DateTimeField)}
    return sorted(names)
