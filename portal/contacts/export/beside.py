"""What an export says of contacts beside their own words, a page at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import QuerySet

from portal.accounts.models import User
from portal.contacts.models import Group, Membership
from portal.contacts.stop_list.reads import stops_of

GROUP_SEPARATOR = "; "


@dataclass(frozen=True)
class Beside:
    """``actor``: who reads the file; of groups it names those they see. ``stopped``: the word for
    a number on the stop list, in their language, for the rows are read after the answer began."""

    actor: User
    stopped: str

    def groups_of(self, contact_ids: Collection[int]) -> Mapping[int, str]:
        """Names by contact, in their order; groups by filter have nobody put into them."""
        inside = Membership.objects.filter(
            contact__in=contact_ids, group__in=picked_groups(self.actor)
        )
        named = inside.values("contact").annotate(
            names=StringAgg("group__name", GROUP_SEPARATOR, order_by=("group__name", "group"))
        )
        return dict(named.values_list("contact", "names"))

    def stopped_among(self, phones: Collection[str]) -> Mapping[str, str]:
        """The word by number, for each that nothing is sent to."""
        organisation_id = self.actor.organisation_id
        assert organisation_id is not None
        return dict.fromkeys(stops_of(organisation_id, phones), self.stopped)


def picked_groups(actor: User) -> QuerySet[Group]:
    return Group.objects.visible_to(actor).filter(conditions__isnull=True)
