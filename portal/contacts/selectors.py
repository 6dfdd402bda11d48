"""Reads of contacts and groups that pages share."""

from datetime import datetime

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery

from portal.accounts.models import Organisation, User
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


def is_in_group(group: Group, *, now: datetime) -> Q:
    """Of contacts of its organisation: whether they were picked, or its saved filter finds them."""
    return Q(Exists(Membership.objects.filter(group=group, contact=OuterRef("pk"))))


def groups_of(member: User) -> QuerySet[Group]:
    """The groups that the member sees, with ``size``: how many were picked into them, at most
    ``MOST_COUNTED`` + 1."""
    return _with_size(Group.objects.visible_to(member))


def groups_with_size(organisation: Organisation) -> QuerySet[Group]:
    return _with_size(Group.objects.filter(organisation=organisation))


def _with_size(groups: QuerySet[Group]) -> QuerySet[Group]:
    links = Membership.objects.filter(group=OuterRef("pk")).values("pk")
    return groups.annotate(size=_CountRows(links[: MOST_COUNTED + 1]))
