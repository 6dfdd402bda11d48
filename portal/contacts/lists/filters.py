"""What narrows the list of contacts beside what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from django.db.models import OuterRef, Q

from portal.accounts.models import Organisation, User
from portal.contacts.models import SHARED, Group, StopListEntry
from portal.contacts.search_words import quoted, value_lexeme
from portal.contacts.selectors import is_in_group
from portal.core.walk import there_is

NO_VALUES: Mapping[int, str] = MappingProxyType({})


class Whose(StrEnum):
    ALL = ""
    SHARED = "shared"
    OWN = "own"


@dataclass(frozen=True)
class Filters:
    """All of them must hold. ``values``: what fields equal, by the field's id."""

    group: Group | None = None
    values: Mapping[int, str] = field(default_factory=lambda: NO_VALUES)
    whose: Whose = Whose.ALL
    archived: bool = False
    numberless: bool = False
    stopped: bool = False

    def shelves(self, member: User) -> tuple[int, ...]:
        if self.group is not None and self.group.owner_id is None and self.whose is Whose.ALL:
            return (SHARED,)
        of = {Whose.ALL: (SHARED, member.pk), Whose.SHARED: (SHARED,), Whose.OWN: (member.pk,)}
        return of[self.whose]

    def condition(self, organisation: Organisation, *, now: datetime, probes: bool = False) -> Q:
        """Of contacts of ``organisation``; whose they are and whether archived is not in it.
        ``probes``: asked of row after row, as a walk does."""
        condition = Q()
        for field_id, value in self.values.items():
            condition &= Q(lexemes__holds=quoted(value_lexeme(organisation.pk, field_id, value)))
        if self.group:
            condition &= is_in_group(self.group, now=now, probes=probes)
        if self.numberless:
            condition &= Q(phone="")
        if self.stopped:
            condition &= is_stopped(organisation, probes=probes)
        return condition


def is_stopped(organisation: Organisation, *, probes: bool = False) -> Q:
    """Contacts whose number the organisation, or the platform, sends nothing to."""
    entries = StopListEntry.objects.filter(phone=OuterRef("phone"))
    own_and_platform = entries.filter(Q(organisation=organisation) | Q(organisation=None))
    # The index of numbers has none of those without.
    return ~Q(phone="") & there_is(own_and_platform, probes=probes)
