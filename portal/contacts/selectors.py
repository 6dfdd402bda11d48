"""Reads of contacts and groups that pages share."""

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery

from portal.accounts.models import Organisation
from portal.contacts.models import Contact, ContactQuerySet, Group

MOST_COUNTED = 10_000


class _CountRows(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def groups_with_size(organisation: Organisation) -> QuerySet[Group]:
    """Groups with ``size``, their number of contacts, at most ``MOST_COUNTED`` + 1."""
    links = Group.contacts.through.objects.filter(group=OuterRef("pk")).values("pk")
    counted = _CountRows(links[: MOST_COUNTED + 1])
    return Group.objects.filter(organisation=organisation).annotate(size=counted)


def contacts_outside(group: Group) -> ContactQuerySet:
    """Contacts of the group's organisation that could be added to it."""
    members = Group.contacts.through.objects.filter(group=group, contact=OuterRef("pk"))
    own = Contact.objects.filter(organisation=group.organisation_id)
    return own.filter(~Exists(members))
