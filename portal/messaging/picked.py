"""An audience with groups too large for memory: counted by the database, read page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from typing import Any

from django.db.models import QuerySet

from portal.contacts.models import Contact, Group
from portal.core.prepared import rows
from sms.phone import RefusedNumber

_PAGE = 2000
_CONTACTS = """
    SELECT phone, name FROM contacts_contact
     WHERE organisation_id = %(owner)s AND id = ANY(%(ids)s::bigint[]) ORDER BY id
"""
_Link: Any = Group.contacts.through


@dataclass(frozen=True)
class PickedAudience:
    """``listed``: names by number of those who come first, ``group_ids``: groups of the
    organisation whose other members follow, in the order in which they became contacts.

    The groups may change between two readings: ``staging.fixed`` holds them still.
    """

    organisation_id: int
    listed: Mapping[str, str]
    listed_merged: int
    refused: tuple[RefusedNumber, ...]
    group_ids: tuple[int, ...]

    @property
    def refused_count(self) -> int:
        return len(self.refused)

    def __len__(self) -> int:
        return len(self.listed) + self._members - self._listed_members

    @property
    def merged(self) -> int:
        return self.listed_merged + self._mentions - self._members + self._listed_members

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self.listed.items()
        member_ids = (pk for pk, _repeats in groupby(merge(*map(_member_ids, self.group_ids))))
        while page := list(islice(member_ids, _PAGE)):
            for phone, name in rows(_CONTACTS, {"owner": self.organisation_id, "ids": page}):
                if phone not in self.listed:
                    yield phone, name

    def phones(self) -> Iterator[str]:
        return (phone for phone, _name in self)

    @cached_property
    def _mentions(self) -> int:
        return self._links.count()

    @cached_property
    def _members(self) -> int:
        if len(self.group_ids) == 1:
            return self._mentions
        return self._links.values("contact_id").distinct().count()

    @cached_property
    def _listed_members(self) -> int:
        listed = Contact.objects.filter(
            organisation=self.organisation_id, phone__in=self.listed, groups__in=self.group_ids
        )
        return listed.distinct().count()

    @property
    def _links(self) -> QuerySet[Any]:
        links: QuerySet[Any] = _Link.objects.filter(group__in=self.group_ids)
        return links


def _member_ids(group_id: int) -> Iterator[int]:
    """Ids of the group's contacts, ascending."""
    links = _Link.objects.filter(group=group_id).order_by("contact_id")
    last = 0
    while page := list(
        links.filter(contact_id__gt=last).values_list("contact_id", flat=True)[:_PAGE]
    ):
        yield from page
        last = page[-1]
