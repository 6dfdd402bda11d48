"""An audience with groups too large for memory: counted by the database, read page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from portal.contacts.models import Group
from sms.phone import RefusedNumber

_PAGE = 2000
_Link: Any = Group.contacts.through


@dataclass(frozen=True)
class PickedAudience:
    """``listed``: names by number of those who come first, ``group_ids``: groups of the
    organisation whose other members follow.

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
        for place, group_id in enumerate(self.group_ids):
            for phone, name in self._group(group_id, before=self.group_ids[:place]):
                if phone not in self.listed:
                    yield phone, name

    def phones(self) -> Iterator[str]:
        return (phone for phone, _name in self)

    def _group(self, group_id: int, *, before: tuple[int, ...]) -> Iterator[tuple[str, str]]:
        """Members by id, less those of the groups ``before``."""
        links = self._links.filter(group=group_id).order_by("contact_id")
        if before:
            earlier = self._links.filter(group__in=before).values("contact_id")
            links = links.exclude(contact_id__in=earlier)
        last = 0
        while page := list(
            links.filter(contact_id__gt=last).values_list(
                "contact_id", "contact__phone", "contact__name"
            )[:_PAGE]
        ):
            yield from ((phone, name) for _id, phone, name in page)
            last = page[-1][0]

    @property
    def _links(self) -> QuerySet[Any]:
        links: QuerySet[Any] = _Link.objects.filter(contact__organisation=self.organisation_id)
        return links

    @cached_property
    def _mentions(self) -> int:
        return int(_Link.objects.filter(group__in=self.group_ids).count())

    @cached_property
    def _members(self) -> int:
        if len(self.group_ids) == 1:
            return self._mentions
        links = _Link.objects.filter(group__in=self.group_ids)
        return int(links.values("contact_id").distinct().count())

    @cached_property
    def _listed_members(self) -> int:
        links = self._links.filter(group__in=self.group_ids, contact__phone__in=self.listed)
        return links.values("contact_id").distinct().count()
