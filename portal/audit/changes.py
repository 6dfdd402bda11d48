"""What an audit event says of changed fields."""

from collections.abc import Collection, Mapping

from django.db import models


def field_changes(
    obj: models.Model, changes: Mapping[str, object], *, secret: Collection[str] = ()
) -> dict[str, object]:
    """``{field: {"from": …, "to": …}}`` of those ``changes`` that differ from what ``obj`` holds.

    A field in ``secret`` says only that it changed, and says so whenever it is given: the same
    secret is stored anew.
    """
    details: dict[str, object] = {}
    for name, new in changes.items():
        old = getattr(obj, name)
        if old == new and (name not in secret or new is None):
            continue
        details[name] = "changed" if name in secret else {"from": _plain(old), "to": _plain(new)}
    return details


def _plain(value: object) -> object:
    """A value that JSON keeps as it is, so that the event's hash can be computed again."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)
