"""Who a message goes to: typed numbers, picked contacts and groups, merged to one list."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.contacts.models import Contact
from portal.contacts.selectors import groups_with_size
from portal.core.errors import Refused
from portal.core.explain import explain_phone
from portal.delivery.outbox import Recipients
from portal.messaging.picked import PickedAudience
from sms.phone import RefusedNumber, read_numbers

# What memory may hold; a longer list is read piece by piece.
MOST_LISTED = 2000
MOST_NAMED = 10


class Addressees(Recipients, Protocol):
    """Recipients, typed ones first, and what became of the other spellings."""

    @property
    def merged(self) -> int:
        """Spellings of a number that was there already."""

    @property
    def refused(self) -> Sequence[RefusedNumber]:
        """The first pieces, ten at least, that are no number to send to."""

    @property
    def refused_count(self) -> int:
        """How many there are in all."""


@dataclass(frozen=True)
class Audience:
    """Addressees in memory. ``names`` gives contacts' names by number."""

    numbers: tuple[str, ...]
    merged: int = 0
    refused: tuple[RefusedNumber, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((number, self.names.get(number, "")) for number in self.numbers)

    def phones(self) -> Iterator[str]:
        return iter(self.numbers)

    @property
    def refused_count(self) -> int:
        return len(self.refused)


def gather_audience(
    *,
    organisation: Organisation,
    typed: str = "",
    contact_ids: Collection[int] = (),
    group_ids: Collection[int] = (),
) -> Addressees:
    """Ids of other organisations are as good as unknown: they add nobody.

    Members come group by group and by name, or if the groups have over ``MOST_LISTED`` in all,
    in the order in which they became contacts.
    """
    read = read_numbers(typed, countries=organisation.allowed_countries)
    contacts = Contact.objects.of(organisation)
    picked = list(contacts.filter(pk__in=contact_ids).values_list("phone", "name"))
    large = _large_groups(organisation, group_ids)
    for group_id in () if large else group_ids:
        picked += (
            contacts.filter(groups=group_id)
            .order_by("search_key", "id")
            .values_list("phone", "name")
        )
    known = contacts.filter(phone__in=read.numbers).values_list("phone", "name")
    names = dict([*known, *picked])
    numbers = tuple(dict.fromkeys([*read.numbers, *(phone for phone, _name in picked)]))
    merged = read.merged + len(read.numbers) + len(picked) - len(numbers)
    if not large:
        return Audience(numbers, merged, read.refused, names)
    listed = {number: names.get(number, "") for number in numbers}
    return PickedAudience(organisation.pk, listed, merged, read.refused, large)


def _large_groups(organisation: Organisation, group_ids: Collection[int]) -> tuple[int, ...]:
    """The groups in order, if together they have more members than memory is for."""
    if not group_ids:
        return ()
    own = groups_with_size(organisation).filter(pk__in=group_ids)
    sizes = {group.pk: getattr(group, "size", 0) for group in own}
    known = tuple(group_id for group_id in group_ids if group_id in sizes)
    return known if sum(sizes.values()) > MOST_LISTED else ()


def check_audience(audience: Addressees) -> None:
    """Raises ``Refused`` (field ``numbers``) for a bad number, naming each, or for nobody."""
    if audience.refused_count:
        raise Refused(_explain_refused(audience), field="numbers")
    if not len(audience):
        raise Refused(_("Choose at least one recipient."), field="numbers")


def _explain_refused(audience: Addressees) -> str:
    """Every refused piece with its own reason, at most ten."""
    named = audience.refused[:MOST_NAMED]
    lines = [f"{number.raw}: {explain_phone(number.fault, number.data)}" for number in named]
    if more := audience.refused_count - len(named):
        lines.append(_("and %(count)s more") % {"count": more})
    return "\n".join(lines)
