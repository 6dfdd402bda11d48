"""What the address of the list of contacts asks for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.lists.filters import Filters, Whose
from portal.contacts.models import ContactField, Group

FIELD = "f"
# As the pages write it: f07 would be another name of the same field.
_PLAIN_ID = re.compile(r"[1-9][0-9]{0,17}")
_SWITCHES = ("archived", "numberless", "stopped")


class FilterGone(Exception):
    """The address asks for a group or a field that the member does not have."""


@dataclass(frozen=True)
class Chip:
    """One filter in words; ``without`` is the address's query without it."""

    label: str
    without: str


@dataclass(frozen=True)
class ListQuery:
    """``given``: the parameters that say something, as the address has them: ``q``, ``group``
    (id), ``f7`` (value of field 7), ``whose``, and the switches."""

    member: User
    given: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.given.get("q", "")

    @cached_property
    def filters(self) -> Filters:
        """Raises ``FilterGone``: without a filter that is gone, more would be found than was
        meant."""
        return Filters(
            group=self._group,
            values={field.pk: self.given[f"{FIELD}{field.pk}"] for field in self._asked_fields},
            whose=self._whose,
            **{name: name in self.given for name in _SWITCHES},
        )

    @property
    def encoded(self) -> str:
        return urlencode(self.given)

    @property
    def is_beyond_rules(self) -> bool:
        """Whether a saved filter could not say all of it."""
        is_of_filter = self.filters.group is not None and self.filters.group.is_filter
        return is_of_filter or bool(self.given.keys() & set(_SWITCHES))

    def chips(self) -> list[Chip]:
        return [
            Chip(label, urlencode({key: value for key, value in self.given.items() if key != name}))
            for name, label in self._labels()
        ]

    def _labels(self) -> Iterator[tuple[str, str]]:
        filters = self.filters
        if filters.group:
            yield "group", _("Group: %(name)s") % {"name": filters.group.name}
        for field in self._asked_fields:
            yield f"{FIELD}{field.pk}", f"{field.name}: {filters.values[field.pk]}"
        words = {
            "whose": {Whose.OWN: _("My own"), Whose.SHARED: _("Shared")}.get(filters.whose, ""),
            "archived": _("In the archive"),
            "numberless": _("Without a number"),
            "stopped": _("On the stop list"),
        }
        yield from ((name, label) for name, label in words.items() if name in self.given)

    @property
    def _whose(self) -> Whose:
        try:
            return Whose(self.given.get("whose", ""))
        except ValueError:
            raise FilterGone from None

    @cached_property
    def _group(self) -> Group | None:
        if "group" not in self.given:
            return None
        groups = Group.objects.visible_to(self.member)
        group = groups.filter(pk=_number(self.given["group"])).first()
        if group is None:
            raise FilterGone
        return group

    @cached_property
    def _asked_fields(self) -> list[ContactField]:
        asked = {_number(name[1:]) for name in self.given if name.startswith(FIELD)}
        own = ContactField.objects.filter(organisation=self.member.organisation_id, pk__in=asked)
        if len(found := list(own)) != len(asked):
            raise FilterGone
        return found


def list_query(member: User, parameters: Mapping[str, str]) -> ListQuery:
    """Of an address's parameters; those that mean nothing here are left out."""
    given = {name: value.replace("\0", "").strip() for name, value in parameters.items()}
    return ListQuery(
        member, {name: value for name, value in given.items() if value and _is_known(name)}
    )


def _is_known(name: str) -> bool:
    is_field = name.startswith(FIELD) and name[1:].isdecimal()
    return is_field or name in {"q", "group", "whose", *_SWITCHES}


def _number(text: str) -> int:
    if not _PLAIN_ID.fullmatch(text):
        raise FilterGone
    return int(text)
