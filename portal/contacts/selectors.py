"""Reads of contacts and groups that pages share."""

from datetime import datetime

from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery

from portal.accounts.models import User
from portal.contacts.groups.condition_queries import found_by_filter, is_member
from portal.contacts.models import SHARED, Contact, ContactQuerySet, Group, Membership

MOST_COUNTED = 10_000


class _CountRows(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def contacts_of(group: Group, *, now: datetime) -> ContactQuerySet:
    """Contacts in use that are in the group at the moment ``now``: those picked, or those that its
    saved filter finds. Of a shared group shared ones alone, of an own one its owner's too."""
    shelves = (SHARED,) if group.owner_id is None else (SHARED, group.owner_id)
    contacts = Contact.objects.filter(organisation=group.organisation_id, shelf__in=shelves)
    return contacts.in_use().filter(is_in_group(group, now=now))


def is_in_group(group: Group, *, now: datetime, probes: bool = False) -> Q:
    """Of contacts of its organisation: whether they were picked, or its saved filter finds them.
    ``probes``: asked of row after row, as a walk does."""
    if group.is_filter:
        return found_by_filter(group, now=now, probes=probes)
    return is_member(group.pk, probes=probes)


def count_up_to(rows: QuerySet[Contact], most: int = MOST_COUNTED) -> int:
    """At most ``most`` + 1, which stands for all that is more."""
    return rows.order_by().values("pk")[: most + 1].count()


def is_large(group: Group) -> bool:
    """Whether over ``MOST_COUNTED`` contacts were picked into it."""
    picked = Membership.objects.filter(group=group.pk)
    return not group.is_filter and picked[: MOST_COUNTED + 1].count() > MOST_COUNTED


def groups_of(member: User) -> QuerySet[Group]:
    """The groups that the member sees, with ``size``: how many in use were picked into them, at
    most ``MOST_COUNTED`` + 1."""
    return _with_size(Group.objects.visible_to(member))


def _with_size(groups: QuerySet[Group]) -> QuerySet[Group]:
    members = Membership.objects.filter(group=OuterRef("pk"), contact__archived_at=None)
    links = members.values("pk")
    return groups.annotate(size=_CountRows(links[: MOST_COUNTED + 1]))
