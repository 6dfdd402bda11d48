"""Of those picked, who has their birthday."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.contacts.groups.condition_queries import found_by
from portal.contacts.groups.conditions import Conditions, DateRule, DateTest
from portal.core.errors import Refused
from portal.messaging.picked import Picked, Source


def with_birthday(
    found: Iterable[Source], *, field: int, organisation: Organisation, now: datetime
) -> list[Source]:
    """The same sources, each narrowed to those of whose date field ``field`` (its id) the day and
    month are today's on the organisation's clocks. Who was born on 29 February is among those of
    the 28th where the year has no 29th. Nobody where there is no such field any more.
    """
    today = Conditions((DateRule(field, DateTest.TODAY),))
    is_today = found_by(today, organisation, owner_id=None, now=now)
    return [replace(source, contacts=source.contacts.filter(is_today)) for source in found]


def check_birthday_people(picked: Picked) -> None:
    """Only contacts have birthdays. Raises ``Refused`` (field ``numbers``)."""
    if picked.typed.strip():
        raise Refused(
            _("Nothing is known of when the owners of typed numbers were born. Pick contacts."),
            field="numbers",
        )
    if not picked.contact_ids and not picked.group_ids:
        raise Refused(_("Pick the groups among whose contacts to look for birthdays."), field="q")
