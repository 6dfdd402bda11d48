"""Whom an author chose, and where in the contacts these people are."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from portal.accounts.models import User
from portal.contacts.models import Contact, ContactQuerySet, Group, Membership
from portal.contacts.selectors import contacts_of


@dataclass(frozen=True)
class Picked:
    """Numbers as they were typed, contacts one by one, and whole groups."""

    typed: str = ""
    contact_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {
            "typed": self.typed,
            "contacts": list(self.contact_ids),
            "groups": list(self.group_ids),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Picked":
        return cls(
            kept.get("typed", ""), tuple(kept.get("contacts", ())), tuple(kept.get("groups", ()))
        )


@dataclass(frozen=True)
class Source:
    """``contacts``: of a group, or those picked one by one where ``group`` is None; in the order of
    their ids, which no change of a name upsets."""

    contacts: ContactQuerySet
    group: Group | None = None

    def size_about(self) -> int:
        """How many there are: nobody is looked at, so archived ones count, and what a saved filter
        finds is PostgreSQL's guess. A million takes some 50 ms."""
        if self.group is None:
            return self.contacts.count()
        if self.group.is_filter:
            return int(json.loads(self.contacts.explain(format="json"))[0]["Plan"]["Plan Rows"])
        return Membership.objects.filter(group=self.group).count()


def sources(member: User, picked: Picked, *, now: datetime, only: Q | None = None) -> list[Source]:
    """Contacts in use that the member sees, and which fit ``only`` where it is given: those picked
    one by one, then group by group.

    Ids that the member does not see are as good as unknown: they add nobody. Saved filters find
    who fits at the moment ``now``.
    """
    seen = Contact.objects.filter(pk__in=picked.contact_ids)
    groups = _groups(member, picked.group_ids)
    found = [Source(seen)] if picked.contact_ids else []
    found += [Source(contacts_of(group, now=now), group) for group in groups]
    return [Source(_usable(source.contacts, member, only), source.group) for source in found]


def _usable(contacts: ContactQuerySet, member: User, only: Q | None) -> ContactQuerySet:
    usable = contacts.visible_to(member).in_use().order_by("pk")
    return usable if only is None else usable.filter(only)


def _groups(member: User, ids: Iterable[int]) -> Iterator[Group]:
    ids = tuple(ids)
    seen = Group.objects.visible_to(member).in_bulk(ids) if ids else {}
    return (seen[group_id] for group_id in ids if group_id in seen)
