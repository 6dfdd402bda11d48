"""Who a message goes to: typed numbers, picked contacts and groups, merged to one list."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.contacts.models import Contact
from portal.core.errors import Refused
from portal.core.explain import explain_phone
from sms.phone import RefusedNumber, read_numbers


@dataclass(frozen=True)
class Audience:
    """``numbers``: unique MSISDNs, typed ones first. ``merged``: spellings of a number that was
    there already. ``refused``: typed pieces that are no number to send to."""

    numbers: tuple[str, ...]
    merged: int = 0
    refused: tuple[RefusedNumber, ...] = ()
    names: dict[str, str] = field(default_factory=dict)


def gather_audience(
    *,
    organisation: Organisation,
    typed: str = "",
    contact_ids: Collection[int] = (),
    group_ids: Collection[int] = (),
) -> Audience:
    """Ids of other organisations are as good as unknown: they add nobody."""
    read = read_numbers(typed, countries=organisation.allowed_countries)
    contacts = Contact.objects.of(organisation)
    picked = list(contacts.filter(pk__in=contact_ids).values_list("phone", "name"))
    for group_id in group_ids:
        picked += (
            contacts.filter(groups=group_id)
            .order_by("search_key", "id")
            .values_list("phone", "name")
        )
    known = contacts.filter(phone__in=read.numbers).values_list("phone", "name")
    names = dict([*known, *picked])
    numbers = tuple(dict.fromkeys([*read.numbers, *(phone for phone, _name in picked)]))
    given = len(read.numbers) + len(picked)
    return Audience(
        numbers=numbers,
        merged=read.merged + given - len(numbers),
        refused=read.refused,
        names=names,
    )


def check_audience(audience: Audience) -> None:
    """Raises ``Refused`` (field ``numbers``) for a bad number, naming each, or for nobody."""
    if audience.refused:
        raise Refused(explain_refused(audience.refused), field="numbers")
    if not audience.numbers:
        raise Refused(_("Choose at least one recipient."), field="numbers")


def explain_refused(refused: Collection[RefusedNumber]) -> str:
    """Every refused piece with its own reason, at most ten."""
    lines = [
        f"{number.raw}: {explain_phone(number.fault, number.data)}" for number in list(refused)[:10]
    ]
    if len(refused) > 10:
        lines.append(_("and %(count)s more") % {"count": len(refused) - 10})
    return "\n".join(lines)
