"""What narrows the list of contacts beside what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from django.db.models import Exists, OuterRef, Q

from portal.accounts.models import Organisation, User
from portal.contacts.models import SHARED, Group, StopListEntry
from portal.contacts.search_words import quoted, value_lexeme
from portal.contacts.selectors import is_in_group

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
        of = {Whose.ALL: (SHARED, member.pk), Whose.SHARED: (SHARED,), Whose.OWN: (member.pk,)}
        return of[self.whose]

    def condition(self, organisation: Organisation, *, now: datetime) -> Q:
        """Of contacts of ``organisation``; whose they are and whether archived is not in it."""
        condition = Q()
        for field_id, value in self.values.items():
            condition &= Q(lexemes__holds=quoted(value_lexeme(organisation.pk, field_id, value)))
        if self.group:
            condition &= is_in_group(self.group, now=now)
        if self.numberless:
            condition &= Q(phone="")
        if self.stopped:
            condition &= is_stopped(organisation)
        return condition


def is_stopped(organisation: Organisation) -> Q:
    """Contacts whose number the organisation, or the platform, sends nothing to."""
    entries = StopListEntry.objects.filter(phone=OuterRef("phone"))
    return Q(Exists(entries.filter(Q(organisation=organisation) | Q(organisation=None))))
