"""Tables whose rows are written once."""

import pgtrigger


def append_only(prefix: str, complaint: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE, also to the table's owner.

    ``complaint`` is what the database says to a TRUNCATE; it must hold no quote.
    """
    return [
        pgtrigger.Protect(
            name=f"{prefix}_append_only", operation=pgtrigger.Update | pgtrigger.Delete
        ),
        pgtrigger.Trigger(
            name=f"{prefix}_no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{complaint}';",
        ),
    ]
