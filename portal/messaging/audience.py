"""Whom a message goes to: every number once, in a fixed order, and what became of the rest.

``ListedAudience`` keeps it in memory, ``StagedAudience`` (``staging.py``) in the database;
``gathering.py`` makes either from what an author picked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.contacts.models import SHARED, Contact
from portal.contacts.stop_list.reads import Stop, stops_of
from portal.core.errors import Refused
from portal.core.explain import explain_phone
from portal.delivery.models import SkippedBecause
from portal.delivery.outbox import Recipients
from portal.delivery.skips import SkippedNumber
from portal.messaging.reach import MOST_NAMED, Named, Part, Reach
from sms.phone import RefusedNumber

# Number ("" for none), the contact's id (0 for a typed number), and its name.
Mention = tuple[str, int, str]


class Audience(Recipients, Protocol):
    """The recipients are those of whom nothing says that they must not be sent to."""

    @property
    def reach(self) -> Reach: ...

    @property
    def refused(self) -> Sequence[RefusedNumber]:
        """The first ``MOST_NAMED`` pieces of what was typed that are no number to send to."""

    def asked_for(self) -> Iterator[str]:
        """The recipients' numbers and the stopped ones among them: what the author asked for,
        whatever the stop list says today."""


@dataclass
class Refusals:
    """The first pieces of a text that are no numbers, and how many there were."""

    first: list[RefusedNumber] = field(default_factory=list)
    count: int = 0

    def numbers_among(self, pieces: Iterable[str | RefusedNumber]) -> Iterator[str]:
        """Passes numbers on and keeps the others."""
        for piece in pieces:
            if not isinstance(piece, RefusedNumber):
                yield piece
                continue
            self.count += 1
            if len(self.first) < MOST_NAMED:
                self.first.append(piece)


@dataclass(frozen=True)
class ListedAudience:
    """An audience in memory. ``names``: by number, where they are known already."""

    organisation_id: int
    numbers: tuple[str, ...]
    stops: Mapping[str, Stop]
    reach: Reach
    refused: Sequence[RefusedNumber] = ()
    names: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return self.reach.reached.count

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((number, self._names.get(number, "")) for number in self.phones())

    def phones(self) -> Iterator[str]:
        return (number for number in self.numbers if number not in self.stops)

    def asked_for(self) -> Iterator[str]:
        return iter(self.numbers)

    def skipped(self) -> Iterator[SkippedNumber]:
        for number in self.numbers:
            if stop := self.stops.get(number):
                because = skipped_because(is_platform_wide=stop.is_platform_wide)
                yield number, self._names.get(number, ""), because, stop.reason

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """What histories show: names of shared contacts alone, for managers read them too."""
        if self.names is not None:
            return self.names
        shared = Contact.objects.filter(organisation=self.organisation_id, shelf=SHARED).in_use()
        return dict(shared.filter(phone__in=self.numbers).values_list("phone", "name"))

    def at_most_about(self, count: int) -> "ListedAudience":
        """These are the first of an audience too long to go through now."""
        first = self.reach.reached.first
        reach = Reach(Part(count, first), refused=self.reach.refused, is_exact=False)
        return replace(self, reach=reach)


def listed_audience(
    member: User,
    mentions: Iterable[Mention],
    *,
    refusals: Refusals | None = None,
    names: Mapping[str, str] | None = None,
) -> ListedAudience:
    """The first mention of a number keeps its place. ``names``: not those in the contacts."""
    assert member.organisation_id is not None, "who may send is a member"
    refusals = refusals or Refusals()
    people, repeats = _told_apart(mentions)
    numbers = tuple(one.phone for one in people if one.phone)
    numberless = [one for one in people if not one.phone]
    stops = stops_of(member.organisation_id, numbers)
    reach = Reach(
        reached=_part([Named(number) for number in numbers if number not in stops]),
        duplicates=_part(repeats),
        stopped=_part(
            [Named(number, note=stops[number].reason) for number in numbers if number in stops]
        ),
        without_number=_part(numberless),
        refused=refusals.count,
    )
    return ListedAudience(
        organisation_id=member.organisation_id,
        numbers=numbers,
        stops=stops,
        reach=reach_with_names(member, reach),
        refused=refusals.first,
        names=names,
    )


def _told_apart(mentions: Iterable[Mention]) -> tuple[list[Named], list[Named]]:
    """Everybody once, in order, and the mentions of who was there already."""
    people: dict[str | int, Named] = {}
    repeats: list[Named] = []
    for phone, contact_id, name in mentions:
        one = Named(phone, name)
        if people.setdefault(phone or contact_id, one) is not one:
            repeats.append(one)
    return list(people.values()), repeats


def _part(found: Sequence[Named]) -> Part:
    return Part(len(found), tuple(found[:MOST_NAMED]))


def reach_with_names(member: User, reach: Reach) -> Reach:
    """The same with names beside numbers, as the member knows them: own contacts go first."""
    phones = {one.phone for part in reach.parts for one in part.first} - {""}
    contacts = Contact.objects.visible_to(member).in_use().filter(phone__in=phones)
    names = dict(contacts.order_by("shelf").values_list("phone", "name")) if phones else {}

    def named(part: Part) -> Part:
        first = (replace(one, name=names.get(one.phone, one.name)) for one in part.first)
        return replace(part, first=tuple(first))

    return replace(
        reach,
        reached=named(reach.reached),
        duplicates=named(reach.duplicates),
        stopped=named(reach.stopped),
        without_number=named(reach.without_number),
    )


def skipped_because(*, is_platform_wide: bool) -> SkippedBecause:
    return SkippedBecause.PLATFORM_STOP_LIST if is_platform_wide else SkippedBecause.STOP_LIST


def check_audience(audience: Audience) -> None:
    """Raises ``Refused`` (field ``numbers``) for a bad number, naming each, or for nobody."""
    reach = audience.reach
    if reach.refused:
        raise Refused(_explain_refused(audience), field="numbers")
    if len(audience):
        return
    if reach.stopped.count:
        raise Refused(
            _("Everybody chosen is on the stop list; nothing would be sent."), field="numbers"
        )
    if reach.without_number.count:
        raise Refused(_("Nobody chosen has a number."), field="numbers")
    raise Refused(_("Choose at least one recipient."), field="numbers")


def _explain_refused(audience: Audience) -> str:
    """Every refused piece with its own reason, at most ten."""
    lines = [
        f"{number.raw}: {explain_phone(number.fault, number.data)}" for number in audience.refused
    ]
    if more := audience.reach.refused - len(lines):
        lines.append(_("and %(count)s more") % {"count": more})
    return "\n".join(lines)
