"""Who gets a mailing: laid out whole, each number once, before the first text is written."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from django.utils import timezone

from portal.core.copying import copy_rows
from portal.messaging.audience import Audience
from portal.messaging.gathering import audience_gathered
from portal.messaging.mailings.birthdays import whose_day_it_is
from portal.messaging.mailings.reach import PreparedReach
from portal.messaging.mailings.sheet_rows import SheetGathering
from portal.messaging.models import GatheredPerson, Mailing
from portal.messaging.picked import Picked

_GATHERED = "messaging_gatheredperson (mailing_id, position, phone, name)"
_PART = 5000


def people_gather(mailing: Mailing) -> PreparedReach:
    """Lay out whom it is for; ``mailing.total`` is how many. Raises FileRefused, FileGone."""
    if not mailing.sheet_id:
        return picked_gather(mailing)
    gathering = SheetGathering(mailing)
    mailing.total = gathering.lay_out()
    return gathering.reach


def picked_gather(mailing: Mailing) -> PreparedReach:
    """Lay out whom the author picked, as they see the contacts now; ``mailing.total`` is how many.
    Inside a transaction, which fixes the members of the groups."""
    picked = Picked.from_dict(mailing.picked)
    only = whose_day_it_is(mailing, now=mailing.due_at or timezone.now())
    if only is not None:
        # Nobody knows whose numbers are typed.
        picked = replace(picked, typed="")
    with audience_gathered(mailing.author, picked, only=only) as audience:
        mailing.total = _lay_out(mailing, audience)
        reach = audience.reach
    return PreparedReach(
        duplicates=reach.duplicates.count,
        without_number=reach.without_number.count,
        numberless=tuple(one.name for one in reach.without_number.first),
        refused=reach.refused,
    )


def gathered_forget(mailing: Mailing) -> None:
    GatheredPerson.objects.filter(mailing=mailing).delete()


def _lay_out(mailing: Mailing, audience: Audience) -> int:
    """The stopped ones among them too: the stop list is asked once more as texts are written."""
    people = _people(audience)
    position = 0
    while part := list(islice(people, _PART)):
        numbered = enumerate(part, start=position + 1)
        copy_rows(_GATHERED, ((mailing.pk, place, *person) for place, person in numbered))
        position += len(part)
    return position


def _people(audience: Audience) -> Iterator[tuple[str, str]]:
    return chain(audience, ((phone, name) for phone, name, *_why in audience.skipped()))
